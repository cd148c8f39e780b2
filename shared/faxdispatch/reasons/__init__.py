"""Why a fax failed or waits, who decided so, and what is changed for its next try."""
