using System.Collections;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Completion;

/// <summary>Completes from the models of the registry that the command line names.</summary>
public abstract class RegistryCompleter : TableCompleter
{
    /// <summary>Candidates from the registered models.</summary>
    protected abstract IEnumerable<(string Value, string About)> Candidates(IReadOnlyList<Model> models);

    /// <inheritdoc/>
    protected sealed override IEnumerable<(string Value, string About)> Candidates(IDictionary bound) =>
        Candidates(new Workbench(bound["Registry"] as string).Find(new ModelQuery()));
}
