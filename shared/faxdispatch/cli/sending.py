"""The options of Telnyx's send request by which one fax, or each of a campaign, is sent."""

from typing import Annotated

import typer

Sender = Annotated[str | None, typer.Option("--from", help="Sender's number; FAX_FROM if not given.")]
Connection = Annotated[str | None, typer.Option(help="Fax application; FAX_CONNECTION_ID if not given.")]
Quality = Annotated[
    str | None, typer.Option(help="normal, high, very_high, ultra_light or ultra_dark.", show_default=False)
]
T38 = Annotated[bool | None, typer.Option("--t38/--no-t38", help="Whether to try T.38.")]
Monochrome = Annotated[bool | None, typer.Option(help="Whether to send pure black and white.")]
BlackThreshold = Annotated[int | None, typer.Option(help="1 to 100, with --monochrome.")]
StoreMedia = Annotated[bool | None, typer.Option(help="Whether Telnyx keeps the document.")]
StorePreview = Annotated[bool | None, typer.Option(help="Whether Telnyx keeps a preview.")]
PreviewFormat = Annotated[str | None, typer.Option(help="pdf or tiff.")]
DisplayName = Annotated[str | None, typer.Option(help="Caller's name.")]
WebhookUrl = Annotated[str | None, typer.Option(help="Where Telnyx reports these faxes.")]
ClientState = Annotated[str | None, typer.Option(help="Text returned in every event.")]
