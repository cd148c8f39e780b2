"""Celery's broker: how it is reached, and what lies unread in it."""
