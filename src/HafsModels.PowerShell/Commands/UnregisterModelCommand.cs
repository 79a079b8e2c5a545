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
        string files = Files(model);
        bool asked = MyInvocation.BoundParameters.ContainsKey("Confirm");
        bool agreed = Force && !asked && !MyInvocation.BoundParameters.ContainsKey("WhatIf")
            || ShouldProcess($"Unregister '{model.Id}' from {workbench.RegistryPath}; {files}.", $"Unregister '{model.Id}' from {workbench.RegistryPath}; {files}?", "Unregister-Model");
        if (!agreed)
            return;
        Perform(feed =>
        {
            foreach (string deleted in workbench.Unregister(model.Id, DeleteFiles, feed.Stop))
                feed.Verbose($"Deleted {deleted}");
            if (PassThru)
                feed.Output(model);
        });
    });

    private string Files(Model model)
    {
        if (!DeleteFiles)
            return "its files stay";
        IEnumerable<string> places = ModelFiles.Places(model).Select(p => $"{p} ({ModelFiles.Bytes(p).ToString("N0", CultureInfo.InvariantCulture)} bytes)");
        return "delete " + string.Join(", ", places);
    }
}
