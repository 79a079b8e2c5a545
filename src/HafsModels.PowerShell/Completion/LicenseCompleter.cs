using System.Collections;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes licences, as model cards on the hub name the usual ones.</summary>
public sealed class LicenseCompleter : TableCompleter
{
    private static readonly (string Value, string About)[] Usual =
    [
        ("apache-2.0", "Apache License 2.0"), ("mit", "MIT License"), ("bsd-3-clause", "BSD 3-Clause"), ("cc0-1.0", "Creative Commons Zero 1.0"), ("cc-by-4.0", "Creative Commons Attribution 4.0"),
        ("cc-by-sa-4.0", "Creative Commons Attribution Share Alike 4.0"), ("cc-by-nc-4.0", "Creative Commons Attribution Non Commercial 4.0"), ("gpl-3.0", "GNU General Public License 3"),
        ("agpl-3.0", "GNU Affero General Public License 3"), ("mpl-2.0", "Mozilla Public License 2.0"), ("unlicense", "The Unlicense"), ("openrail", "Open Responsible AI License"),
        ("llama2", "Llama 2 Community License"), ("llama3", "Llama 3 Community License"), ("llama3.1", "Llama 3.1 Community License"), ("llama3.2", "Llama 3.2 Community License"),
        ("llama3.3", "Llama 3.3 Community License"), ("gemma", "Gemma Terms of Use"), ("other", "another one; the model card names it"),
    ];

    /// <inheritdoc/>
    protected override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) => Usual;
}
