"""Why a fax failed or waits, who decided that, and what is changed for its next try."""
