"""`faxdispatch campaign create`: from a list and a document to a campaign that waits for its start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from faxdispatch.calling.numbers import read_country
from faxdispatch.calling.written import parse_moment
from faxdispatch.campaign import CampaignState, Imported, Reading
from faxdispatch.campaign.looking_up import link_look
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.cli.campaigns.for_all import Cover, Media, MediaName, for_all, tell
from faxdispatch.cli.campaigns.words import as_data, standing
from faxdispatch.cli.lists import (
    Column,
    Delimiter,
    DropExtension,
    Encoding,
    Fields,
    IncludeHidden,
    LeftOutOption,
    ListFile,
    MediaColumn,
    MediaDir,
    Personalised,
    Region,
    SheetName,
    at_hand,
    called,
    column_fields,
)
from faxdispatch.cli.output import Answer
from faxdispatch.cli.progress import reading
from faxdispatch.cli.sending import (
    T38,
    BlackThreshold,
    ClientState,
    Connection,
    DisplayName,
    Monochrome,
    PreviewFormat,
    Quality,
    Sender,
    StoreMedia,
    StorePreview,
    WebhookUrl,
)
from faxdispatch.cli.user import Operator, user
from faxdispatch.client import FaxClient
from faxdispatch.jobs import Priority
from faxdispatch.lists.badrows import free_path
from faxdispatch.settings import Settings
from faxdispatch.text.wording import counted


def create(
    file: ListFile,
    media: Media = None,
    media_name: MediaName = None,
    media_column: MediaColumn = None,
    media_dir: MediaDir = None,
    cover: Cover = None,
    name: Annotated[str | None, typer.Option(help="Name for people; the file's name if not given.")] = None,
    campaign_id: Annotated[
        str | None, typer.Option("--id", help="Id for commands; made of the name if not given.")
    ] = None,
    from_: Sender = None,
    connection: Connection = None,
    quality: Quality = None,
    t38: T38 = None,
    monochrome: Monochrome = None,
    black_threshold: BlackThreshold = None,
    store_media: StoreMedia = None,
    store_preview: StorePreview = None,
    preview_format: PreviewFormat = None,
    from_display_name: DisplayName = None,
    client_state: ClientState = None,
    window: Annotated[
        str | None,
        typer.Option(help="Like 'mon-fri 08:00-17:00', by the recipient's clock, or with a zone: '… America/Chicago'."),
    ] = None,
    priority: Annotated[Priority, typer.Option(help="Which faxes go first.")] = Priority.BULK,
    tag: Annotated[list[str] | None, typer.Option(help="Word returned in every event. Repeatable.")] = None,
    send_by: Annotated[str | None, typer.Option(help="Give up rows of which no attempt has begun by then.")] = None,
    max_attempts: Annotated[int | None, typer.Option(help="How often a row is dialled at most.")] = None,
    pages: Annotated[
        int | None,
        typer.Option(help="Pages of the document, for estimates of cost; counted in a local one if not given."),
    ] = None,
    webhook_url: WebhookUrl = None,
    cap: Annotated[float | None, typer.Option(help="What it may cost; past it the campaign is paused.")] = None,
    column: Column = None,
    region: Region = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: SheetName = None,
    field: Fields = None,
    personalised: Personalised = False,
    include_hidden: IncludeHidden = False,
    drop_extension: DropExtension = False,
    bad_rows: Annotated[
        Path | None, typer.Option(help="File for the bad rows; beside the list, as NAME.bad.csv, if not given.")
    ] = None,
    left_out: LeftOutOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Make nothing unless every row can be sent.")] = False,
    start: Annotated[bool, typer.Option("--start", help="And start it at once.")] = False,
    operator: Operator = None,
) -> Answer:
    """Make a campaign of a list. Nothing is sent before it is started.

    Local documents are uploaded once, those of rows before the campaign is there. Rows that cannot be sent are left
    out; beside the list, the invalid ones are written to one file, and all that are not faxed, with their reasons, to
    another. The same list with the same options again changes nothing, and goes on where it
    was interrupted.
    """
    settings = Settings.load()
    given = for_all(settings, media, media_name, cover)
    until = parse_moment(send_by, "send-by") if send_by else None
    options: dict[str, Any] = {
        "from": from_,
        "connection_id": connection,
        "media_url": given.link,
        "media_name": given.media_name,
        "cover": given.cover,
        "quality": quality,
        "t38_enabled": t38,
        "monochrome": monochrome,
        "black_threshold": black_threshold,
        "store_media": store_media,
        "store_preview": store_preview,
        "preview_format": preview_format,
        "from_display_name": from_display_name,
        "client_state": client_state,
        "window": window,
        "priority": priority,
        "tags": tuple(tag or ()),
        "send_by": until,
        "max_attempts": max_attempts,
        "pages": pages,
        "webhook_url": webhook_url,
    }
    read = Reading(
        column=column,
        region=read_country(region),
        delimiter=delimiter,
        encoding=encoding,
        sheet=sheet,
        fields=column_fields(field or [], media=media_column),
        personalised=personalised,
        include_hidden=include_hidden,
        drop_extension=drop_extension,
    )
    client = FaxClient.from_env(settings)
    desk = client.campaigns
    # Before anything is asked or uploaded; the list itself may still have a column with documents.
    options_for_all(options | given.options, region=read.region or settings.fax_default_region, media_by_row=True)
    tell(settings, given, quality)
    with at_hand(file) as path, reading(path.name) as on_progress:
        made = desk.create(
            path,
            name=name,
            campaign_id=campaign_id,
            document=given.document,
            reading=read,
            media_dir=media_dir,
            cap=cap,
            operator=operator or user(),
            strict=strict,
            bad_rows=bad_rows or free_path(called(file), "bad"),
            left_out=left_out or free_path(called(file), "left-out"),
            on_progress=on_progress,
            on_documents=on_progress.documents,
            look_at_link=link_look(settings),
            **options,
        )
    if start and made.campaign.state is CampaignState.CHECKED and made.campaign.generation == 1:
        desk.start(made.campaign.id, operator=operator or user())
    campaign = desk.get(made.campaign.id)
    return _answer(made, as_data(campaign), standing(campaign))


def _answer(made: Imported, campaign: dict[str, Any], words: str) -> Answer:
    files = {"bad_rows_file": made.bad_rows, "left_out_file": made.left_out}
    written = {name: str(path) if path else None for name, path in files.items()}
    data = campaign | {"outcome": made.outcome, "guesses": made.guesses, "links": made.links} | written
    line = f"campaign {campaign['id']}: {counted(campaign['rows'], 'row')}, {words}"
    return Answer(data, line, _notes(made, campaign), full=False)


def _notes(made: Imported, campaign: dict[str, Any]) -> Iterator[str]:
    yield from made.guesses
    if made.outcome == "same":
        yield "this list with these options is a campaign already; nothing was changed"
    for one in made.summary.bad[:10] if made.summary else ():
        yield f"line {one.line}: {one.value!r} {one.reason}"
    if made.bad_rows:
        yield f"all invalid rows are in {made.bad_rows}"
    if made.left_out:
        yield f"every row that is not faxed, and why, is in {made.left_out}"
    if campaign["state"] == CampaignState.CHECKED:
        yield f"faxdispatch campaign test {campaign['id']} tries it on your own numbers; campaign start sends it"
