"""The OpenAPI document: its operations, and whether an answer is one that it promises.

Schemas are judged by fastjsonschema, which shares nothing with the workers. The document is
OpenAPI 3.1; what its schemas use means the same in JSON Schema's draft 7.
"""

import json
import re

import fastjsonschema

PREFIXES = {"patient": "/api/v1/patient", "admin": "/api/v1/admin"}
METHODS = ("get", "post", "put", "patch", "delete")


class Broken(Exception):
    """The answer is not what the document promises."""


def _no_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Broken("a name stands twice in an object")
    return members


def _no_constant(name):
    raise Broken(f"{name} is no JSON")


def read_json(content, fraction=float):
    """Its value; `fraction` is what 1.0 becomes, which a validator takes for an integer if float."""
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
            parse_float=fraction,
        )
    except (ValueError, RecursionError) as error:
        raise Broken(f"the body is no JSON: {error}") from error


def is_text(value):
    """Whether all texts in the value are such as the document's introduction allows."""
    if isinstance(value, dict):
        return all(is_text(n) and is_text(v) for n, v in value.items())
    if isinstance(value, list):
        return all(map(is_text, value))
    if not isinstance(value, str):
        return True
    return not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


class Schemas:
    """Compiled schemas of the document, each once."""

    def __init__(self, document):
        self.components = document["components"]
        self.compiled = {}
        self._translate(self.components)

    def _translate(self, part):
        """Says in draft 7 what OpenAPI 3.1 and JSON Schema have other words for since."""
        if isinstance(part, dict):
            if part.get("format") == "int64":
                part.setdefault("maximum", 2**63 - 1)
            if "dependentRequired" in part:
                part["dependencies"] = part.pop("dependentRequired")
            part = list(part.values())
        if isinstance(part, list):
            for member in part:
                self._translate(member)

    def resolve(self, thing):
        while "$ref" in thing:
            _, _, kind, name = thing["$ref"].split("/")
            thing = self.components[kind][name]
        return thing

    def complaint(self, schema, value):
        """Why the value is not valid; None: it is."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self.compiled:
            whole = {"allOf": [schema], "components": self.components}
            # A format is only asked about texts; what int64 means for numbers is read above.
            self.compiled[key] = fastjsonschema.compile(
                whole, formats={"int64": ".*"}, use_default=False
            )
        try:
            self.compiled[key](value)
        except fastjsonschema.JsonSchemaValueException as error:
            return error.message
        return None

    def from_text(self, schema, text):
        """What a path's, a query's or a header's text means; the text itself if nothing else."""
        kind = self.resolve(schema).get("type")
        if kind == "integer" and re.fullmatch("-?[0-9]+", text):
            return int(text)
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        return text


class Operation:
    """One method of one path."""

    def __init__(self, schemas, pool, path, method, described):
        self.schemas = schemas
        self.pool, self.path, self.method = pool, path, method.upper()
        self.name = f"{self.method} {path}"
        self.parameters = [schemas.resolve(p) for p in described.get("parameters", [])]
        self.responses = {
            int(status): schemas.resolve(response)
            for status, response in described["responses"].items()
        }
        security = described["security"]
        self.takes_token = any(security)
        self.needs_token = bool(security) and all(security)
        body = described.get("requestBody", {})
        content = body.get("content", {}).get("application/json", {})
        self.body_schema = content.get("schema")
        self.body_example = content.get("example")
        self.body_required = body.get("required", False)

    def parameters_in(self, place):
        return [p for p in self.parameters if p["in"] == place]

    def fields(self):
        """The schemas of the body's members, by name."""
        return self.schemas.resolve(self.body_schema or {}).get("properties", {})

    def check(self, answer):
        """Raises Broken when the document does not promise such an answer."""
        response = self.responses.get(answer.status)
        if response is None:
            raise Broken(f"{answer.status} is not documented")
        self._check_headers(response, answer)
        content = response.get("content", {})
        kind = answer.headers.get("content-type")
        if not content:
            if answer.content or kind:
                raise Broken("a body where none is documented")
            return
        if kind not in content:
            raise Broken(f"the content type {kind} is not documented")
        complaint = self.schemas.complaint(content[kind]["schema"], answer.json)
        if complaint:
            raise Broken(f"the body is not valid: {complaint}")
        if answer.status >= 400 and answer.json["status"] != answer.status:
            raise Broken("the problem has another status")

    def _check_headers(self, response, answer):
        if answer.headers.get("cache-control") != "no-store":
            raise Broken("it may be stored by caches")
        for name, header in response.get("headers", {}).items():
            header = self.schemas.resolve(header)
            value = answer.headers.get(name.lower())
            if value is None:
                if header.get("required"):
                    raise Broken(f"the header {name} is missing")
                continue
            value = self.schemas.from_text(header["schema"], value)
            complaint = self.schemas.complaint(header["schema"], value)
            if complaint:
                raise Broken(f"the header {name} is not valid: {complaint}")


def read_operations(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    schemas = Schemas(document)
    operations = []
    for address, item in document["paths"].items():
        pools = [p for p, prefix in PREFIXES.items() if address.startswith(prefix)]
        if not pools:
            continue  # the gateway's own
        for method in METHODS:
            if method in item:
                operations.append(
                    Operation(schemas, pools[0], address, method, item[method])
                )
    return operations
