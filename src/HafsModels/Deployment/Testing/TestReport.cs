using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml;
using HafsModels.Registry;

namespace HafsModels.Deployment.Testing;

/// <summary>Writes test results for programs: JUnit XML as build servers read it, and JSON.</summary>
internal static class TestReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Writes a result where the request wants it.</summary>
    public static void Write(TestRequest request, DeploymentTest test)
    {
        if (request.JsonPath is { } json)
            WriteText(json, JsonSerializer.Serialize(test, Json) + "\n");
        if (request.JUnitPath is { } junit)
            WriteText(junit, JUnit($"{test.ModelId} on {test.Backend}", test.TestedAt, [.. test.Checks.Select(c => (c.Name, c.Passed ? null : "failure", c.Message))], [.. test.Notes, test.Message]));
    }

    /// <summary>Writes that a test could not be made, where the request wants it.</summary>
    public static void Write(TestRequest request, HafsException error)
    {
        if (request.JsonPath is { } json)
            WriteText(json, JsonSerializer.Serialize(new { request.ModelId, request.Backend, Passed = false, error.Message, Error = error.Id }, Json) + "\n");
        if (request.JUnitPath is { } junit)
            WriteText(junit, JUnit($"{request.ModelId}{(request.Backend is { } b ? " on " + b : "")}", DateTimeOffset.UtcNow, [("deployment", "error", error.Message)], []));
    }

    private static string JUnit(string suite, DateTimeOffset at, IReadOnlyList<(string Name, string? Fault, string Message)> cases, IReadOnlyList<string> output)
    {
        using var text = new MemoryStream();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { Indent = true, Encoding = new UTF8Encoding(false), CheckCharacters = false }))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", Clean(suite));
            xml.WriteAttributeString("timestamp", at.UtcDateTime.ToString("s", CultureInfo.InvariantCulture));
            xml.WriteAttributeString("tests", Number(cases.Count));
            xml.WriteAttributeString("failures", Number(cases.Count(c => c.Fault == "failure")));
            xml.WriteAttributeString("errors", Number(cases.Count(c => c.Fault == "error")));
            foreach ((string name, string? fault, string message) in cases)
            {
                xml.WriteStartElement("testcase");
                xml.WriteAttributeString("classname", Clean(suite));
                xml.WriteAttributeString("name", Clean(name));
                if (fault is not null)
                {
                    xml.WriteStartElement(fault);
                    xml.WriteAttributeString("message", Clean(message));
                    xml.WriteEndElement();
                }

                xml.WriteEndElement();
            }

            if (output.Count > 0)
                xml.WriteElementString("system-out", Clean(string.Join("\n", output)));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        return Encoding.UTF8.GetString(text.ToArray()) + "\n";
    }

    // What a model answers may hold characters that XML cannot.
    private static string Clean(string text) => string.Concat(text.EnumerateRunes().Where(r => r.Value is 9 or 10 or 13 or >= 32 and not (0xFFFE or 0xFFFF)).Select(r => r.ToString()));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static void WriteText(string path, string text)
    {
        try
        {
            path = Path.GetFullPath(path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path + ".partial", text);
            File.Move(path + ".partial", path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new HafsException(ErrorKind.PermissionDenied, "ReportNotWritten", $"{path}: the result could not be written: {exception.Message}", path, inner: exception);
        }
    }
}
