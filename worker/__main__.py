"""`python -m worker`: one Celery worker process, with the ways that the ledger counts on."""

from worker.app import app


def main() -> None:
    """Work until SIGTERM or SIGINT; then finish what runs, take nothing new, and end."""
    # What Celery's workers tell each other, and every app on the broker, is none of ours.
    app.worker_main(["--quiet", "worker", "--without-gossip", "--without-mingle", "--without-heartbeat"])


if __name__ == "__main__":
    main()
