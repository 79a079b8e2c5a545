using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Test-Model</c>: rehashes what was made of a model, and tells what drifted since it was recorded.</summary>
[Cmdlet(VerbsDiagnostic.Test, "Model")]
[OutputType(typeof(ArtifactCheck), typeof(bool))]
public sealed class TestModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Returns true when nothing drifted, else false, in place of one object a file.</summary>
    [Parameter(HelpMessage = "Return true or false.")]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Model model = Workbench().Get(Id);
        Perform(feed =>
        {
            bool passed = true;
            foreach (ArtifactCheck check in ModelVerification.Check(model, feed, feed.Stop))
            {
                passed &= check.Passed;
                if (!Quiet)
                    feed.Output(check);
            }

            if (Quiet)
                feed.Output(passed);
        });
    });
}
