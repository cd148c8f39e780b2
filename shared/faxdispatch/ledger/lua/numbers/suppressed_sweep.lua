-- Forget a page of the suppressions whose time is over; `left` is true where there may be more.
return reply({left = sweep_suppressed()})
