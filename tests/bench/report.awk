# The table of the measured rows, or, with -v format=json, their JSON. Reads the rows, as in the file
# `rows`, and then what was measured: round, id, requests, seconds, p50, p99, max and errors.

BEGIN { FS = "|" }

NR == FNR {
    id[++rows] = $1; connections[$1] = $5; of[$1] = $6; asked[$1] = $7; name[$1] = $8
    next
}

FNR == 1 { FS = " "; $0 = $0 }

{
    if ($1 > rounds) rounds = $1
    rate[$2, $1] = $3 / $4; p50[$2, $1] = $5; p99[$2, $1] = $6
    if ($7 > longest[$2]) longest[$2] = $7
    errors[$2] += $8
}

# The median of values[row, 1] to values[row, rounds].
function median(values, row,    sorted, count, i, j, value) {
    for (i = 1; i <= rounds; i++) {
        value = values[row, i]
        for (j = count++; j > 0 && sorted[j] > value; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = value
    }
    return count % 2 ? sorted[(count + 1) / 2] : (sorted[count / 2] + sorted[count / 2 + 1]) / 2
}

# Each round's ratio compares what was measured within seconds.
function ratio(row,    i, ratios) {
    for (i = 1; i <= rounds; i++)
        ratios[row, i] = rate[of[row], i] > 0 ? rate[row, i] / rate[of[row], i] : 0
    return median(ratios, row)
}

function holds(value, operator, limit) {
    if (operator == "<") return value < limit
    if (operator == "<=") return value <= limit
    if (operator == ">=") return value >= limit
    return value == limit
}

# "ratio>=0.55,errors=0": whether all of it holds.
function met(row,    conditions, count, i) {
    count = split(asked[row], conditions, ",")
    for (i = 1; i <= count; i++) {
        match(conditions[i], /[<>=]+/)
        if (!holds(figures[substr(conditions[i], 1, RSTART - 1)] + 0,
                   substr(conditions[i], RSTART, RLENGTH),
                   substr(conditions[i], RSTART + RLENGTH) + 0))
            return 0
    }
    return 1
}

function compute(row) {
    figures["rate"] = median(rate, row)
    figures["p50"] = median(p50, row)
    figures["p99"] = median(p99, row)
    figures["max"] = longest[row]
    figures["errors"] = errors[row]
    figures["ratio"] = of[row] != "" ? ratio(row) : ""
}

function thousands(number,    text) {
    text = sprintf("%d", number + 0.5)
    while (match(text, /^[0-9]+[0-9][0-9][0-9]/) && sub(/[0-9][0-9][0-9](,|$)/, ",&", text)) {}
    return text
}

function table_line(row) {
    printf "%-14s %-44s %11s %8.2f %8.2f %8.1f %7d %6s %-12s %-30s %s\n", row, name[row],
           thousands(figures["rate"]), figures["p50"], figures["p99"], figures["max"],
           figures["errors"], of[row] != "" ? sprintf("%.2f", figures["ratio"]) : "", of[row],
           asked[row], asked[row] == "" ? "" : met(row) ? "yes" : "NO"
}

function json_line(row, last) {
    printf "    {\"id\": \"%s\", \"name\": \"%s\", \"connections\": %d, \"requests_per_second\": %.1f, " \
           "\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f, \"errors\": %d, \"ratio\": %s, " \
           "\"of\": %s, \"asked\": %s, \"met\": %s}%s\n", row, name[row], connections[row],
           figures["rate"], figures["p50"], figures["p99"], figures["max"], figures["errors"],
           of[row] != "" ? sprintf("%.3f", figures["ratio"]) : "null",
           of[row] != "" ? "\"" of[row] "\"" : "null",
           asked[row] != "" ? "\"" asked[row] "\"" : "null",
           asked[row] == "" ? "null" : met(row) ? "true" : "false", last ? "" : ","
}

END {
    if (format != "json")
        printf "%-14s %-44s %11s %8s %8s %8s %7s %6s %-12s %-30s %s\n", "row", "what", "requests/s",
               "p50 ms", "p99 ms", "max ms", "errors", "ratio", "of", "asked for", "met"
    for (i = 1; i <= rows; i++) {
        compute(id[i])
        if (format == "json") json_line(id[i], i == rows)
        else table_line(id[i])
    }
}
