-- Publish a fact that changes no state.
-- Keys: fax:events, fax:history:*, fax:job:*, fax:other:*
local j = a.job and load(a.job) or nil
if j then
  emit(j, a.kind, {fax_id = a.fax_id, data = a.data})
else
  emit_about(a.fax_id or a.subject, a.kind, {fax_id = a.fax_id, source = a.source, data = a.data})
end
return reply({})
