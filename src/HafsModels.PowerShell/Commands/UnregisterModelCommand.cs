using System.Globalization;
using System.Management.Automation;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Unregister-Model</c>: removes a model from the registry; its files stay unless asked otherwise.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "Model", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(Model))]
public sealed class UnregisterModelCommand : RegistryCmdlet
{
    /// <summary>Id of the model.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string Id { get; set; } = "";

    /// <summary>Deletes the model's folder, adapter and artifacts as well. There is no way back.</summary>
    [Parameter(HelpMessage = "Delete the model's folder, adapter and artifacts as well.")]
    public SwitchParameter DeleteFiles { get; set; }

    /// <summary>Does not ask.</summary>
    [Parameter(HelpMessage = "Do not ask.")]
    public SwitchParameter Force { get; set; }

    /// <summary>Returns the model as it was.</summary>
    [Parameter(HelpMessage = "Return the model as it was.")]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id, () =>
    {
        Workbench workbench = Workbench();
        Model model = workbench.Get(Id);
        string files = DeleteFiles ? Files(workbench.FilesOf(model.Id)) : "its files stay";
        if (!MayGoUnasked() && !ShouldProcess($"Unregister '{model.Id}' from {workbench.RegistryPath}; {files}.", $"Unregister '{model.Id}' from {workbench.RegistryPath}; {files}?", "Unregister-Model"))
            return;
        Perform(feed =>
        {
            foreach (string deleted in workbench.Unregister(model.Id, DeleteFiles, feed.Stop))
                feed.Verbose($"Deleted {deleted}");
            if (PassThru)
                feed.Output(model);
        });
    });

    // -Force answers the question. It never overrides -WhatIf, which a calling function passes on as a preference and not
    // as a parameter, nor an explicit -Confirm.
    private bool MayGoUnasked() =>
        Force && !MyInvocation.BoundParameters.ContainsKey("Confirm") && !MyInvocation.BoundParameters.ContainsKey("WhatIf")
        && !LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    private static string Files(IReadOnlyList<string> places) => places.Count == 0
        ? "it has no files"
        : "delete " + string.Join(", ", places.Select(p => $"{p} ({ModelFiles.Bytes(p).ToString("N0", CultureInfo.InvariantCulture)} bytes)"));
}
