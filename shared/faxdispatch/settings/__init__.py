"""The settings: environment variables and lines of `.env`, read once into one frozen object."""

from faxdispatch.settings.settings import Settings, strange_names

__all__ = ["Settings", "strange_names"]
