"""Requests for the document's operations: valid ones, nearly valid ones, and hostile ones.

Everything comes from one random.Random, and from what earlier answers told, so that a seed makes
the same requests again.
"""

import copy
import datetime
import json
from urllib.parse import quote

# Stands in every hostile text, and so must stand in no answer that refuses it.
CANARY = "kanari"

HOSTILE_TEXTS = [
    "",
    " ",
    f"{CANARY}'; DROP TABLE patient; --",
    f"{CANARY} %s%n%x",
    f"../../{CANARY}",
    f"<script>{CANARY}</script>",
    f"{CANARY}\x1b[2J",
    f"{CANARY}\x00",
    f"{CANARY}\x7f\x85",
    f"{CANARY}\u202e\u0661\uff11",
    f"{CANARY}\U0001f600" * 30,
    CANARY * 200,
    CANARY * 9000,
    "infinity",
    "now",
    "NaN",
    "2027-02-30",
    "0000-00-00",
    "9999-12-31",
    "2027-03-02T25:00",
    "2027-03-02T10:07",
    "9999-12-31T23:45-12:00",
    "0001-01-01T00:00Z",
    "24:01",
    "admin",
    "\\",
    '"',
    "{}",
]
HOSTILE_NUMBERS = [0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64 + 1, 10**40]
HOSTILE_OTHERS = [None, True, False, 1.5, -0.0, 1e300, [], {}, [1], {"id": 1}, [[[[[[]]]]]]]

# What a caller might like to set, though no form asks for it. tests/test_attack.c looks for it.
MASS = {
    "id": 424242,
    "role": "admin",
    "version": 4242,
    "price": 31337,
    "status": "completed",
    "patient_id": 2,
    "staff_id": 1,
    "visit_type": "return",
    "is_active": False,
    "password_hash": "$mass",
    "status_reason": "mass",
    "created_at": "1999-01-01T00:00:00Z",
    "updated_at": "1999-01-01T00:00:00Z",
    "end_time": "2027-03-02T23:45",
    "login_id": 1,
    "sid": 1,
    "aud": "staff",
    "__proto__": {"role": "admin"},
}
MASS_HEADERS = [
    ("HTTP_X_HTTP_METHOD_OVERRIDE", "DELETE"),
    ("HTTP_X_ROLE", "admin"),
    ("HTTP_X_USER_ID", "2"),
    ("REMOTE_USER", "admin"),
    ("HTTP_FORWARDED", f"for={CANARY}"),
    ("REMOTE_ADDR", CANARY),
    ("REMOTE_ADDR", "192.0.2.1"),
]

HOSTILE_SEGMENTS = ["0", "-1", "+1", "1e0", "01x", "%00", "%2e", "9" * 18, "9" * 19, "9" * 400,
                    CANARY, "1;drop", "\u0661", "null", " 1", "1 "]
HOSTILE_KEYS = ["x" * 256, "a b", "\u00e9", "\x01", "x" * 60000]
HOSTILE_TAGS = ["1", 'W/"1"', '"99999999999999999999"', '""', '"-1"', CANARY, '"1", "2"']
HOSTILE_TYPES = ["", "text/plain", "application/jsonp", "application/json; charset=utf-16",
                 "multipart/form-data; boundary=x", CANARY]


class Caller:
    """Who asks: "pool" is where the token is good; None: nowhere."""

    def __init__(self, name, pool, person, token):
        self.name, self.pool, self.person, self.token = name, pool, person, token


class Request:
    """One request, as it is sent."""

    def __init__(self, operation, caller):
        self.operation, self.caller = operation, caller
        self.path_values, self.query, self.headers = {}, [], {}
        self.authorization = f"Bearer {caller.token}" if caller.token else None
        self.raw_query = None  # what stands for the query when it is broken
        self.others = []  # parameters that are none of the document's
        self.content, self.content_type = b"", ""

    def address(self):
        path = self.operation.path
        for name, value in self.path_values.items():
            path = path.replace("{" + name + "}", value)
        return path

    def query_string(self):
        if self.raw_query is not None:
            return self.raw_query
        return "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in self.query)

    def parameters(self):
        """For FastCGI, in pairs of bytes."""
        pairs = [
            ("REQUEST_METHOD", self.operation.method),
            ("DOCUMENT_URI", self.address()),
            ("QUERY_STRING", self.query_string()),
            ("CONTENT_TYPE", self.content_type),
            ("CONTENT_LENGTH", str(len(self.content)) if self.content else ""),
            ("HTTP_AUTHORIZATION", self.authorization or ""),
        ]
        pairs += [("HTTP_" + n.upper().replace("-", "_"), v) for n, v in self.headers.items()]
        return [(n.encode(), v.encode()) for n, v in pairs + self.others]

    def __str__(self):
        usual = f"Bearer {self.caller.token}".encode()
        shown = [f"{n.decode()}={v[:300]!r}" for n, v in self.parameters() if v not in (b"", usual)]
        return f"{self.caller.name}: {' '.join(shown)} body={self.content[:600]!r}"


class Generator:
    def __init__(self, random, operations, callers):
        self.random, self.operations, self.callers = random, operations, callers
        self.ids = {"doctors": [1, 2, 3, 4], "treatments": [1, 2, 3, 4], "patients": [1, 2, 3],
                    "staff": [1, 2, 3], "hospital-slots": list(range(1, 21)), "closures": [],
                    "appointments": []}  # fmt: skip
        self.owned = {}  # a patient's appointments
        self.logins = {
            "phone": [{"phone": "01012345678", "password": "clinic-demo"}],
            "email": [{"email": "viewer@example.com", "password": "clinic-demo"}],
        }
        self.refresh_tokens = {"patient": [], "admin": []}

    def chance(self, share):
        return self.random.random() < share

    def request(self):
        weights = [self._weight(operation) for operation in self.operations]
        operation = self.random.choices(self.operations, weights)[0]
        request = Request(operation, self._caller(operation))
        if self.chance(0.03):
            request.authorization = self.random.choice(
                ["Bearer", f"Bearer {CANARY}", f"Basic {CANARY}", "Bearer " + "e30." * 3000, "\xff"]
            )
        self._fill_path(request)
        self._fill_query(request)
        self._fill_headers(request)
        self._fill_body(request)
        if self.chance(0.1):
            request.others.append(self.random.choice(MASS_HEADERS))
        return request

    def learn(self, request, answer):
        """Remembers from a success what later requests can be about."""
        if not 200 <= answer.status < 300 or not isinstance(answer.json, dict):
            return
        pool = request.operation.pool
        if "location" in answer.headers and "id" in answer.json:
            collection = request.operation.path.rsplit("/", 1)[1]
            self.ids[collection].append(answer.json["id"])
            if collection == "appointments":
                owner = answer.json["patient"]["id"]
                self.owned.setdefault(owner, []).append(answer.json["id"])
        if "refresh_token" in answer.json:
            self.refresh_tokens[pool].append(answer.json["refresh_token"])
        if request.operation.method == "POST" and "password" in request.operation.fields():
            sent = json.loads(request.content)
            for name in ("phone", "email"):
                if name in sent and "password" in sent:
                    login = {name: sent[name], "password": sent["password"]}
                    self.logins[name].append(login)

    def _weight(self, operation):
        """Hashing passwords is slow on purpose, and what is hidden or closed is there no more. Of those
        who would book or move, few meet a doctor, a treatment and a free time that all fit."""
        if "password" in operation.fields():
            return 0.4
        if operation.method == "DELETE" or operation.name.endswith(" /api/v1/admin/closures"):
            return 0.4
        if operation.path.endswith("/admin/hospital"):
            return 0.5
        if "appointments" in operation.path:
            return 6 if operation.method in ("POST", "PATCH") else 2
        return 1

    def _caller(self, operation):
        at_home = [c for c in self.callers if c.pool == operation.pool]
        if self.chance(0.85):
            weights = [3 if c.name in ("patient 1", "admin") else 1 for c in at_home]
            return self.random.choices(at_home, weights)[0]
        return self.random.choice(self.callers)

    # --- Path, query and headers ---------------------------------------------------------------

    def _fill_path(self, request):
        for parameter in request.operation.parameters_in("path"):
            name = parameter["name"]
            before = request.operation.path.split("/{" + name + "}")[0]
            collection = before.rsplit("/", 1)[1]
            collection = {"availability": "doctors"}.get(collection, collection)
            known = self.ids[collection]
            if collection == "appointments" and request.operation.pool == "patient":
                own = self.owned.get(request.caller.person)
                known = own if own and self.chance(0.7) else known
            strangers = [1, 999999]
            if collection == "staff" and request.operation.method != "GET":
                # Whoever is dismissed is so at once, and these callers are still to ask.
                known, strangers = [id for id in known if id > 3], [999999]
            if self.chance(0.06):
                value = self.random.choice(HOSTILE_SEGMENTS)
            elif not known or self.chance(0.05):
                value = str(self.random.choice(strangers))
            else:
                value = str(self.random.choice(known))
            request.path_values[name] = value

    def _fill_query(self, request):
        for parameter in request.operation.parameters_in("query"):
            if parameter.get("required") or self.chance(0.3):
                hostile = self.chance(0.07)
                value = (
                    self.random.choice(HOSTILE_TEXTS + [str(n) for n in HOSTILE_NUMBERS])
                    if hostile
                    else self._good(request, parameter["name"], parameter["schema"])
                )
                value = json.dumps(value) if isinstance(value, (bool, int)) else value
                request.query.append((parameter["name"], value))
        if request.query and self.chance(0.03):
            request.query.pop(self.random.randrange(len(request.query)))
        if request.query and self.chance(0.02):
            request.query.append(self.random.choice(request.query))
        if self.chance(0.03):
            name = self.random.choice(sorted(MASS))
            request.query.append((name, str(MASS[name])))
        if self.chance(0.02):
            request.raw_query = self.random.choice(
                ["%", "%zz", "page=%00", "q=%ff", f"q=%c0%80{CANARY}", "=&&=", "&" * 3000, "page"]
            )

    def _fill_headers(self, request):
        for parameter in request.operation.parameters_in("header"):
            if not self.chance(0.3):
                continue
            tag = parameter["name"] == "If-Match"
            good = ['"1"', '"2"', "*"] if tag else [f"key-{n}" for n in range(200)]
            hostile = HOSTILE_TAGS if tag else HOSTILE_KEYS
            request.headers[parameter["name"]] = self.random.choice(
                hostile if self.chance(0.1) else good
            )

    # --- Bodies --------------------------------------------------------------------------------

    def _fill_body(self, request):
        operation = request.operation
        if not operation.body_schema:
            if self.chance(0.05):
                request.content, request.content_type = b"{}", "application/json"
            return
        if not operation.body_required and self.chance(0.3):
            return
        body = self._good_body(request)
        manner = self.random.random()
        if manner < 0.25:
            self._spoil(request, body)
        elif manner < 0.4:
            for name in self.random.sample(sorted(MASS), self.random.randint(1, 3)):
                if name not in operation.fields():
                    body[name] = MASS[name]
        request.content_type = "application/json"
        request.content = json.dumps(body, ensure_ascii=self.chance(0.5)).encode()
        if 0.4 < manner < 0.47:
            self._damage(request)
        if self.chance(0.02):
            request.content_type = self.random.choice(HOSTILE_TYPES)

    def _good_body(self, request):
        operation = request.operation
        body = copy.deepcopy(operation.body_example)
        for name, schema in operation.fields().items():
            if name in body and name == "override" and self.chance(0.8):
                del body[name]
            elif self.chance(0.6):
                body[name] = self._good(request, name, schema)
        required = operation.schemas.resolve(operation.body_schema).get("required", [])
        for name in sorted(body):
            if name not in required and self.chance(0.3):
                del body[name]
        self._make_consistent(request, body)
        return body

    def _make_consistent(self, request, body):
        """What the schemas cannot say: which values go together."""
        for name in ("phone", "email"):
            if sorted(body) == sorted([name, "password"]) and self.chance(0.8):
                body.update(self.random.choice(self.logins[name]))
        tokens = self.refresh_tokens[request.operation.pool]
        if "refresh_token" in body and tokens and self.chance(0.8):
            body["refresh_token"] = tokens.pop(self.random.randrange(len(tokens)))
        if "max_capacity" in body:
            minutes = 30 * self.random.randrange(47)
            body["start_time"] = f"{minutes // 60:02}:{minutes % 60:02}"
            body["end_time"] = f"{(minutes + 30) // 60:02}:{(minutes + 30) % 60:02}"
        if "from" in body and "to" in body and self.chance(0.8):
            body["to"] = body["from"]
        if "time_zone" in body:
            example = copy.deepcopy(request.operation.body_example)
            name = self.random.choice(sorted(body))
            body.update({**example, name: body[name]})

    def _spoil(self, request, body):
        fields = request.operation.fields()
        name = self.random.choice(sorted(fields))
        manner = self.random.random()
        if manner < 0.2:
            body.pop(name, None)
        elif manner < 0.6:
            body[name] = self.random.choice(HOSTILE_TEXTS)
        elif manner < 0.8:
            body[name] = self.random.choice(HOSTILE_NUMBERS)
        else:
            body[name] = copy.deepcopy(self.random.choice(HOSTILE_OTHERS))

    def _damage(self, request):
        content = request.content
        at = self.random.randrange(len(content))
        request.content = self.random.choice([
            content[:at],
            content + b"}",
            content + b"\0",
            b"\xef\xbb\xbf" + content,
            content[:at] + b"\xff" + content[at:],
            content[:at] + b"\xed\xa0\x80" + content[at:],
            content[:at] + bytes([self.random.randrange(256)]) + content[at + 1 :],
            content[:-1] + b", " + content[1:],
            content[:-1] + b', "memo": NaN}',
            content[:-1] + b', "memo": "\\ud800"}',
            content[:-1] + b', "memo\\u0000": 1}',
            b"[" * 20000,
            b"null",
            b"[" + content + b"]",
            content + b" " * 70000,
            b"",
        ])  # fmt: skip

    # --- Good values ---------------------------------------------------------------------------

    def _good(self, request, name, schema):
        """A value that the schema takes, and the hospital likely knows."""
        collection = {"doctor_id": "doctors", "treatment_id": "treatments",
                      "patient_id": "patients", "staff_id": "staff"}.get(name)  # fmt: skip
        if collection:
            return self.random.choice(self.ids[collection][:40])
        schema = request.operation.schemas.resolve(schema)
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        if kind == "boolean":
            return self.chance(0.8)
        if kind == "integer":
            least = schema.get("minimum", 1)
            return self.random.randint(least, min(schema.get("maximum", least + 100), least + 100))
        if kind == "string":
            return self._good_text(name, schema)
        return {"reason": "the patient insists"} if name == "override" else None

    def _good_text(self, name, schema):
        day = datetime.date(2027, 3, 1) + datetime.timedelta(days=self.random.randrange(60))
        number = self.random.randrange(10**8)
        quarters = self.random.randrange(36, 72)
        clock = f"{quarters // 4:02}:{quarters % 4 * 15:02}"
        if name == "start_time":
            offset = self.random.choice(["", "", ":00", ":00+09:00", "+09:00"])
            return f"{day}T{clock}{offset}"
        if schema.get("format") == "date":
            return str(day)
        if name in ("opens_at", "closes_at", "lunch_start", "lunch_end"):
            return clock
        if name == "phone":
            forms = [f"010{number:08}", f"010-{number % 10000:04}-1234", "+821012345678"]
            return self.random.choice(forms)
        if schema.get("format") == "email":
            return f"Person{number}@Example.com"
        if "password" in name:
            return self.random.choice(["clinic-demo", "correct horse battery"])
        if name == "time_zone":
            return "Asia/Tokyo"
        if name == "department":
            return self.random.choice(["dermatology", "surgery"])
        return self.random.choice(["Hong", "\uae40\ucca0\uc218", f"Word {number}", "Laser & more"])
