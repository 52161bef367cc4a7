# The table of the measured rows, or, with -v format=json, their JSON. Reads the rows, as in the file
# `rows`, and then what was measured: round, id, how many, seconds, p50, p99, max and errors; "-" is
# not known. Not every row is measured in every round.

BEGIN { FS = "|" }

NR == FNR {
    id[++rows] = $1; clients[$1] = $5; unit[$1] = $7; of[$1] = $8
    asked[$1] = $9; name[$1] = $10
    next
}

FNR == 1 { FS = " "; $0 = $0 }

{
    if ($1 > rounds) rounds = $1
    value[$2, $1] = $3 / $4
    if ($5 != "-") { p50[$2, $1] = $5; p99[$2, $1] = $6 }
    if ($7 != "-" && $7 > longest[$2]) longest[$2] = $7
    if ($8 != "-") errors[$2] += $8
}

# The median of those of values[row, 1] to values[row, rounds] that there are, or "".
function median(values, row,    sorted, count, i, j, one) {
    for (i = 1; i <= rounds; i++) {
        if (!((row, i) in values)) continue
        one = values[row, i]
        for (j = count++; j > 0 && sorted[j] > one; j--) sorted[j + 1] = sorted[j]
        sorted[j + 1] = one
    }
    if (!count) return ""
    return count % 2 ? sorted[(count + 1) / 2] : (sorted[count / 2] + sorted[count / 2 + 1]) / 2
}

# Each round's ratio compares what was measured within seconds.
function ratio(row,    i, ratios) {
    for (i = 1; i <= rounds; i++)
        if (value[of[row], i] > 0) ratios[row, i] = value[row, i] / value[of[row], i]
    return median(ratios, row)
}

function holds(one, operator, limit) {
    if (operator == "<") return one < limit
    if (operator == "<=") return one <= limit
    if (operator == ">=") return one >= limit
    return one == limit
}

# "ratio>=0.55,errors=0": whether all of it holds, and all of it is known.
function met(row,    conditions, count, figure, i) {
    count = split(asked[row], conditions, ",")
    for (i = 1; i <= count; i++) {
        match(conditions[i], /[<>=]+/)
        figure = figures[substr(conditions[i], 1, RSTART - 1)]
        if (figure == "" ||
            !holds(figure + 0, substr(conditions[i], RSTART, RLENGTH),
                   substr(conditions[i], RSTART + RLENGTH) + 0))
            return 0
    }
    return 1
}

function compute(row) {
    figures["value"] = median(value, row)
    figures["p50"] = median(p50, row)
    figures["p99"] = median(p99, row)
    figures["max"] = row in longest ? longest[row] : ""
    figures["errors"] = row in errors ? errors[row] : ""
    figures["ratio"] = of[row] != "" ? ratio(row) : ""
}

function thousands(number,    text) {
    text = sprintf("%d", number + 0.5)
    while (match(text, /^[0-9]+[0-9][0-9][0-9]/) && sub(/[0-9][0-9][0-9](,|$)/, ",&", text)) {}
    return text
}

# Two digits behind the point where the whole number has one or two.
function shown(number) {
    if (number == "") return ""
    return number >= 100 || number == int(number) ? thousands(number) : sprintf("%.2f", number)
}

function text_or_nothing(format, number) {
    return number == "" ? "" : sprintf(format, number)
}

function table_line(row) {
    printf "%-16s %-44s %10s %-4s %8s %8s %8s %7s %6s %-12s %-30s %s\n", row, name[row],
           shown(figures["value"]), unit[row], text_or_nothing("%.2f", figures["p50"]),
           text_or_nothing("%.2f", figures["p99"]), text_or_nothing("%.1f", figures["max"]),
           text_or_nothing("%d", figures["errors"]), text_or_nothing("%.2f", figures["ratio"]),
           of[row], asked[row], asked[row] == "" ? "" : met(row) ? "yes" : "NO"
}

function number_or_null(number) {
    return number == "" ? "null" : sprintf("%.3f", number)
}

function text_or_null(text) {
    return text == "" ? "null" : "\"" text "\""
}

function json_line(row, last) {
    printf "    {\"id\": \"%s\", \"name\": \"%s\", \"clients\": %s, \"value\": %s, \"unit\": %s, " \
           "\"p50_ms\": %s, \"p99_ms\": %s, \"max_ms\": %s, \"errors\": %s, \"ratio\": %s, " \
           "\"of\": %s, \"asked\": %s, \"met\": %s}%s\n", row, name[row], clients[row] == "" ? "null" : clients[row],
           number_or_null(figures["value"]), text_or_null(unit[row]), number_or_null(figures["p50"]),
           number_or_null(figures["p99"]), number_or_null(figures["max"]),
           text_or_nothing("%d", figures["errors"]) == "" ? "null" : figures["errors"],
           number_or_null(figures["ratio"]), text_or_null(of[row]), text_or_null(asked[row]),
           asked[row] == "" ? "null" : met(row) ? "true" : "false", last ? "" : ","
}

END {
    if (format != "json")
        printf "%-16s %-44s %15s %8s %8s %8s %7s %6s %-12s %-30s %s\n", "row", "what", "value",
               "p50 ms", "p99 ms", "max ms", "errors", "ratio", "of", "asked for", "met"
    for (i = 1; i <= rows; i++) {
        compute(id[i])
        if (format == "json") json_line(id[i], i == rows)
        else table_line(id[i])
    }
}
