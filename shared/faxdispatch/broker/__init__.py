"""Celery's broker: the connection to it, and messages that lie unread in it."""
