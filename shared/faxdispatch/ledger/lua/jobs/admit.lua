-- May these jobs be sent now? An answer for each, as `admit` gives it.
local answers = {}
for index, asked in ipairs(a.jobs) do answers[index] = admit(asked.job, asked.connection, asked.sender) end
return reply(answers)
