-- What the overloaded ask, with wrk: of five requests four are for a doctor's free starts, and one
-- is a booking. Nobody writes down what became of those, so their memo is that of nobody: check.py
-- knows it. Prints "figures GOOD OTHER P99": answers per second but for 503 and 429, how many there
-- were that no client should see, and all but one of a hundred took no longer, in milliseconds.

local tokens, days, starts = {}, {}, {}
local threads = {}

local function words(text, name, pattern)
    local found = {}
    local list = text:match(pattern)
    for word in list:gmatch('"([^"]+)"') do found[#found + 1] = word end
    assert(#found > 0, name)
    return found
end

function setup(thread)
    threads[#threads + 1] = thread
    thread:set("number", #threads)
end

function init()
    math.randomseed(number)
    for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = line end
    local known = os.getenv("KNOWN")
    starts = words(known, "starts", '"starts" : (%b[])')
    days = words(known:match('"calm" : (%b{})'), "days", '"days" : (%b[])')
    good, refused, other = 0, 0, 0
end

local function any(list) return list[math.random(#list)] end

function request()
    local headers = {["Authorization"] = "Bearer " .. tokens[math.random(21, #tokens)]}
    local doctor = math.random(4, 43)
    if math.random(5) > 1 then
        return wrk.format("GET", "/api/v1/patient/availability/" .. doctor ..
            "/availability?treatment_id=1&date=" .. any(days), headers)
    end
    headers["Content-Type"] = "application/json"
    return wrk.format("POST", "/api/v1/patient/appointments", headers,
        string.format('{"doctor_id": %d, "treatment_id": 1, "start_time": "%sT%s", ' ..
            '"memo": "nobody"}', doctor, any(days), any(starts)))
end

function response(status)
    if status == 503 or status == 429 then refused = refused + 1
    elseif status >= 500 then other = other + 1
    else good = good + 1 end
end

function done(summary, latency)
    local all, rest = 0, 0
    for _, thread in ipairs(threads) do
        all = all + thread:get("good")
        rest = rest + thread:get("other")
    end
    local errors = summary.errors
    print(string.format("figures %d %d %d", all / (summary.duration / 1e6),
        rest + errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(99) / 1000))
end
