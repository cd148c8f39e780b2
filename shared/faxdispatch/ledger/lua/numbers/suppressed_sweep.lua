-- Remove a page of the suppressions that have ended; `left` is true if there may be another page.
-- Keys: fax:job:*, fax:suppressed, fax:suppressed:until
return reply({left = sweep_suppressed()})
