using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using HafsModels.PowerShell.Commands;
using Xunit;

namespace HafsModels.Tests.PowerShell;

/// <summary>Cmdlet classes, manifest and help say the same. Attributes are read as data: the reference assembly's own forget what they were given.</summary>
public sealed partial class ModuleMetadataTests
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10", Maml = "http://schemas.microsoft.com/maml/2004/10";

    private static readonly Type[] Cmdlets = [.. typeof(GetModelCommand).Assembly.GetExportedTypes().Where(t => Data<CmdletAttribute>(t).Any())];

    public static TheoryData<string> Names() => [.. Cmdlets.Select(NameOf)];

    [Fact]
    public void The_manifest_exports_every_cmdlet_and_nothing_else()
    {
        string manifest = File.ReadAllText(Repository.PathOf("HafsModels.psd1"));
        string list = ExportList().Match(manifest).Groups["list"].Value;
        Assert.Equal(Cmdlets.Select(NameOf).Order(StringComparer.Ordinal), Quoted().Matches(list).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal));
        Assert.Contains("FunctionsToExport    = @()", manifest, StringComparison.Ordinal);
        Assert.Contains("AliasesToExport      = @()", manifest, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cmdlet_says_what_it_returns_and_what_each_parameter_is_for(string name)
    {
        Type type = Cmdlets.Single(t => NameOf(t) == name);
        Assert.NotEmpty(Data<OutputTypeAttribute>(type));
        foreach (PropertyInfo property in Parameters(type))
        {
            Assert.All(Data<ParameterAttribute>(property), p => Assert.False(string.IsNullOrWhiteSpace(Named(p, "HelpMessage") as string), $"{name} -{property.Name}"));
            Assert.True(property.CanWrite && property.SetMethod!.IsPublic, $"{name} -{property.Name} cannot be set");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cmdlet_that_changes_something_supports_WhatIf(string name)
    {
        bool onlyReads = name.Split('-')[0] is "Get" or "Test" or "Compare" or "Resolve" || name is "Measure-ModelQuantization" or "Measure-Model";
        Assert.Equal(!onlyReads, SupportsShouldProcess(Cmdlets.Single(t => NameOf(t) == name)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Two_parameters_never_share_a_position_in_a_set(string name)
    {
        Type type = Cmdlets.Single(t => NameOf(t) == name);
        var positions = Parameters(type).SelectMany(p => Data<ParameterAttribute>(p)
            .Where(a => Named(a, "Position") is not null).Select(a => (Set: Named(a, "ParameterSetName") as string, Position: (int)Named(a, "Position")!, p.Name)));
        Assert.All(positions.GroupBy(p => (p.Set, p.Position)), g => Assert.Single(g));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Markdown_and_MAML_describe_exactly_the_parameters_there_are(string name)
    {
        Type type = Cmdlets.Single(t => NameOf(t) == name);
        string[] expected = [.. Parameters(type).Select(p => p.Name)
            .Concat(SupportsShouldProcess(type) ? ["WhatIf", "Confirm"] : []).Order(StringComparer.Ordinal)];

        string markdown = File.ReadAllText(Repository.PathOf("docs", "cmdlets", name + ".md"));
        Assert.Equal(expected, ParameterHeading().Matches(markdown).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal));

        XElement help = Help().Elements(Command + "command").Single(c => c.Element(Command + "details")!.Element(Command + "name")!.Value == name);
        Assert.Equal(expected, help.Element(Command + "parameters")!.Elements(Command + "parameter").Select(p => p.Element(Maml + "name")!.Value).Order(StringComparer.Ordinal));

        // Prose of both is the same text.
        string synopsis = help.Element(Command + "details")!.Element(Maml + "description")!.Element(Maml + "para")!.Value;
        Assert.Contains($"## SYNOPSIS\n\n{synopsis}\n", markdown, StringComparison.Ordinal);
        foreach (XElement parameter in help.Element(Command + "parameters")!.Elements(Command + "parameter"))
            Assert.Contains($"### -{parameter.Element(Maml + "name")!.Value}\n\n{parameter.Element(Maml + "description")!.Element(Maml + "para")!.Value}\n", markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void The_about_topic_stands_in_the_documentation_as_it_is_shipped()
    {
        string shipped = File.ReadAllText(Repository.PathOf("src", "HafsModels.PowerShell", "en-US", "about_HafsModels.help.txt"));
        Assert.Contains(shipped.TrimEnd(), File.ReadAllText(Repository.PathOf("docs", "about_HafsModels.md")), StringComparison.Ordinal);
    }

    private static string NameOf(Type type) => string.Join('-', Data<CmdletAttribute>(type).Single().ConstructorArguments.Select(a => (string)a.Value!));

    private static bool SupportsShouldProcess(Type type) => Named(Data<CmdletAttribute>(type).Single(), "SupportsShouldProcess") is true;

    private static IEnumerable<PropertyInfo> Parameters(Type type) => type.GetProperties().Where(p => Data<ParameterAttribute>(p).Any());

    private static IEnumerable<CustomAttributeData> Data<T>(MemberInfo member) => member.GetCustomAttributesData().Where(a => a.AttributeType == typeof(T));

    private static object? Named(CustomAttributeData attribute, string name) => attribute.NamedArguments.FirstOrDefault(a => a.MemberName == name).TypedValue.Value;

    private static XElement Help() => XElement.Load(Repository.PathOf("src", "HafsModels.PowerShell", "en-US", "HafsModels.PowerShell.dll-Help.xml"));

    [GeneratedRegex(@"CmdletsToExport\s*=\s*@\((?<list>[^)]*)\)")]
    private static partial Regex ExportList();

    [GeneratedRegex("'(?<name>[^']+)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^### -(?<name>\w+)$", RegexOptions.Multiline)]
    private static partial Regex ParameterHeading();
}
