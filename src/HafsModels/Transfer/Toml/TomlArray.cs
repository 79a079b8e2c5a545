using System.Collections.ObjectModel;

namespace HafsModels.Transfer.Toml;

/// <summary>An array of a TOML document; items may differ in type.</summary>
/// <param name="ofTables">Whether <c>[[headers]]</c> make its items.</param>
internal sealed class TomlArray(bool ofTables) : Collection<object>
{
    /// <summary>Whether <c>[[headers]]</c> make its items.</summary>
    public bool OfTables { get; } = ofTables;
}
