-- Report that a file was read into the suppression list.
-- Keys: fax:events, fax:job:*, fax:other:*
emit_about('suppressions', 'numbers.imported', {source = a.source, data = json({
  added = a.added, changed = a.changed, reason = a.reason, origin = a.origin, operator = a.operator,
})})
return reply({outcome = 'told'})
