-- What clients ask while the system is changed, with wrk, as one patient: of five requests four are for a
-- doctor's free starts, and one is a booking, without an Idempotency-Key. TOKEN is the patient's. Prints
-- "figures ANSWERED FAILED P99": how many had an answer that a client may have in any quiet moment, how
-- many did not, and all but one of a hundred took no longer, in milliseconds.

local headers = {
    ["Authorization"] = "Bearer " .. os.getenv("TOKEN"),
    ["Content-Type"] = "application/json",
}
local usual = {[200] = true, [201] = true, [409] = true, [422] = true}
local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
    thread:set("number", #threads)
end

function init()
    math.randomseed(number)
    answered, failed = 0, 0
end

function request()
    local doctor = math.random(2)
    local day = os.date("%Y-%m-%d", os.time() + 86400 * math.random(1, 28))
    if math.random(5) > 1 then
        return wrk.format("GET", "/api/v1/patient/availability/" .. doctor ..
            "/availability?treatment_id=1&date=" .. day, headers)
    end
    return wrk.format("POST", "/api/v1/patient/appointments", headers,
        string.format('{"doctor_id": %d, "treatment_id": 1, "start_time": "%sT%02d:%02d"}',
            doctor, day, math.random(9, 17), 15 * math.random(0, 3)))
end

function response(status, _, body)
    if usual[status] then
        answered = answered + 1
    else
        failed = failed + 1
        io.stderr:write("status ", status, " ", body:match('"code": ?"([^"]*)"') or "?", "\n")
    end
end

function done(summary, latency)
    local answers, failures = 0, 0
    for _, thread in ipairs(threads) do
        answers = answers + thread:get("answered")
        failures = failures + thread:get("failed")
    end
    local errors = summary.errors
    print(string.format("figures %d %d %.1f", answers,
        failures + errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(99) / 1000))
end
