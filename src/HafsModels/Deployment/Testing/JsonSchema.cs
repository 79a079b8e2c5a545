using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace HafsModels.Deployment.Testing;

/// <summary>
/// The part of JSON Schema (2020-12) that answers are described with: types, properties, items, enumerations, limits, patterns, combinations. A keyword
/// outside of it is refused when the schema is read, never passed over.
/// </summary>
internal static class JsonSchema
{
    private delegate string? Rule(JsonNode? rule, JsonNode? value, JsonObject schema, string where);

    private static readonly string[] Annotations = ["$schema", "$id", "$comment", "title", "description", "default", "examples", "format"];

    private static readonly Dictionary<string, Rule> Rules = new()
    {
        ["type"] = (rule, value, _, where) => Names(rule).Any(name => IsOf(name, value)) ? null : $"{where} is {KindOf(value)}, not {string.Join(" or ", Names(rule))}",
        ["enum"] = (rule, value, _, where) => rule!.AsArray().Any(one => JsonNode.DeepEquals(one, value)) ? null : $"{where} is {Show(value)}, not one of {rule.ToJsonString()}",
        ["const"] = (rule, value, _, where) => JsonNode.DeepEquals(rule, value) ? null : $"{where} is {Show(value)}, not {Show(rule)}",
        ["required"] = (rule, value, _, where) => value is JsonObject o && rule!.AsArray().Select(k => k!.GetValue<string>()).FirstOrDefault(k => !o.ContainsKey(k)) is { } missing ? $"{where} lacks \"{missing}\"" : null,
        ["properties"] = (rule, value, _, where) => value is JsonObject o ? First(rule!.AsObject().Where(p => o.ContainsKey(p.Key)), p => Complaint(p.Value, o[p.Key], $"{where}.{p.Key}")) : null,
        ["additionalProperties"] = (rule, value, schema, where) => value is JsonObject o
            ? First(o.Where(p => schema["properties"] is not JsonObject known || !known.ContainsKey(p.Key)), p => IsFalse(rule) ? $"{where} has \"{p.Key}\", which is not allowed" : Complaint(rule, p.Value, $"{where}.{p.Key}"))
            : null,
        ["items"] = (rule, value, _, where) => value is JsonArray a ? First(a.Index(), item => Complaint(rule, item.Item, $"{where}[{item.Index}]")) : null,
        ["minItems"] = (rule, value, _, where) => value is JsonArray a && a.Count < Number(rule) ? $"{where} has {a.Count} items, fewer than {rule}" : null,
        ["maxItems"] = (rule, value, _, where) => value is JsonArray a && a.Count > Number(rule) ? $"{where} has {a.Count} items, more than {rule}" : null,
        ["minLength"] = (rule, value, _, where) => Text(value) is { } t && t.EnumerateRunes().Count() < Number(rule) ? $"{where} is shorter than {rule}" : null,
        ["maxLength"] = (rule, value, _, where) => Text(value) is { } t && t.EnumerateRunes().Count() > Number(rule) ? $"{where} is longer than {rule}" : null,
        ["pattern"] = (rule, value, _, where) => Text(value) is { } t && !Regex.IsMatch(t, rule!.GetValue<string>(), RegexOptions.ECMAScript, PromptFile.PatternTimeout) ? $"{where} does not match {rule}" : null,
        ["minimum"] = (rule, value, _, where) => IsOf("number", value) && Number(value) < Number(rule) ? $"{where} is {value}, less than {rule}" : null,
        ["maximum"] = (rule, value, _, where) => IsOf("number", value) && Number(value) > Number(rule) ? $"{where} is {value}, more than {rule}" : null,
        ["exclusiveMinimum"] = (rule, value, _, where) => IsOf("number", value) && Number(value) <= Number(rule) ? $"{where} is {value}, not more than {rule}" : null,
        ["exclusiveMaximum"] = (rule, value, _, where) => IsOf("number", value) && Number(value) >= Number(rule) ? $"{where} is {value}, not less than {rule}" : null,
        ["allOf"] = (rule, value, _, where) => First(rule!.AsArray(), one => Complaint(one, value, where)),
        ["anyOf"] = (rule, value, _, where) => rule!.AsArray().Any(one => Complaint(one, value, where) is null) ? null : $"{where} meets none of anyOf",
        ["oneOf"] = (rule, value, _, where) => rule!.AsArray().Count(one => Complaint(one, value, where) is null) == 1 ? null : $"{where} does not meet exactly one of oneOf",
        ["not"] = (rule, value, _, where) => Complaint(rule, value, where) is null ? $"{where} meets what it must not" : null,
    };

    /// <summary>Why a value does not meet a schema; null when it does.</summary>
    public static string? Complaint(JsonNode? schema, JsonNode? value, string where = "$")
    {
        if (schema is not JsonObject rules)
            return IsFalse(schema) ? $"{where} must not be there" : null;
        return First(rules.Where(rule => Rules.ContainsKey(rule.Key)), rule => Rules[rule.Key](rule.Value, value, rules, where));
    }

    /// <summary>Checks that a schema can be understood, at every depth.</summary>
    /// <exception cref="ArgumentException">A keyword is not known, or its value is of the wrong kind.</exception>
    public static void Check(JsonNode? schema)
    {
        if (schema is JsonValue value && value.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
            return;
        if (schema is not JsonObject rules)
            throw new ArgumentException("a schema is an object, true or false");
        foreach ((string key, JsonNode? rule) in rules)
        {
            if (Annotations.Contains(key))
                continue;
            if (!Rules.ContainsKey(key))
                throw new ArgumentException($"the schema keyword \"{key}\" is not supported; supported are {string.Join(", ", Rules.Keys.Order(StringComparer.Ordinal))}");
            IEnumerable<JsonNode?> inner = key switch
            {
                "properties" => rule!.AsObject().Select(p => p.Value),
                "allOf" or "anyOf" or "oneOf" => rule!.AsArray(),
                "items" or "not" or "additionalProperties" => [rule],
                _ => [],
            };
            foreach (JsonNode? part in inner)
                Check(part);
        }
    }

    private static string? First<T>(IEnumerable<T> all, Func<T, string?> complaint) => all.Select(complaint).FirstOrDefault(c => c is not null);

    private static IEnumerable<string> Names(JsonNode? rule) => rule is JsonArray all ? all.Select(n => n!.GetValue<string>()) : [rule!.GetValue<string>()];

    private static bool IsOf(string type, JsonNode? value) => type switch
    {
        "integer" => KindOf(value) == "number" && Number(value) == Math.Floor(Number(value)),
        _ => KindOf(value) == type,
    };

    private static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        JsonValueKind.Array => "array",
        _ => "object",
    };

    private static double Number(JsonNode? value) => value!.AsValue().TryGetValue(out double number) ? number : value.GetValue<long>();

    private static string? Text(JsonNode? value) => KindOf(value) == "string" ? value!.GetValue<string>() : null;

    private static bool IsFalse(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.False;

    private static string Show(JsonNode? node) => node?.ToJsonString() ?? "null";
}
