using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace HafsModels.Formats;

/// <summary>
/// YAML that strangers wrote. The library calls itself for every level, and goes through all that aliases stand for where such a thing is a key: a
/// few bytes would end the process or keep it busy for years. So both are counted before anything is built.
/// </summary>
internal static class YamlText
{
    private const int MaximumDepth = 100;
    private const int MaximumAliases = 20;

    /// <summary>Root of the first document; null when there is none.</summary>
    /// <exception cref="YamlException">It is no YAML, or nests deeper or has more aliases than anybody writes.</exception>
    public static YamlNode? Read(string text)
    {
        var events = new Parser(new StringReader(text));
        int depth = 0, aliases = 0;
        while (events.MoveNext())
        {
            depth += events.Current!.NestingIncrease;
            aliases += events.Current is AnchorAlias ? 1 : 0;
            if (depth > MaximumDepth || aliases > MaximumAliases)
                throw new YamlException(events.Current.Start, events.Current.End, $"nested deeper than {MaximumDepth} levels, or more than {MaximumAliases} aliases");
        }

        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return yaml.Documents.Count == 0 ? null : yaml.Documents[0].RootNode;
    }
}
