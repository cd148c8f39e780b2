-- Forget a page of the suppressions whose time is over; `left` is true where there may be more.
-- Keys: fax:job:*, fax:suppressed, fax:suppressed:until
return reply({left = sweep_suppressed()})
