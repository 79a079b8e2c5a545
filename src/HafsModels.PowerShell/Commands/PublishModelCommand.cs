using System.Globalization;
using System.Management.Automation;
using HafsModels.Deployment;
using HafsModels.PowerShell.Completion;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Publish-Model</c>: deploys a GGUF file of a model on a backend.</summary>
[Cmdlet(VerbsData.Publish, "Model", SupportsShouldProcess = true, DefaultParameterSetName = ArtifactSet)]
[OutputType(typeof(ModelDeployment))]
public sealed class PublishModelCommand : RegistryCmdlet
{
    private const string ArtifactSet = "Artifact", ModelSet = "Model";

    /// <summary>The file to deploy, as ConvertTo-Gguf returns it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ArtifactSet, ValueFromPipeline = true, HelpMessage = "The file to deploy, as ConvertTo-Gguf returns it.")]
    [Alias("Artifact")]
    [ValidateNotNull]
    public Artifact? InputObject { get; set; }

    /// <summary>Id of a registered model; its newest GGUF file is deployed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ModelSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "Id of a registered model.")]
    [Alias("ModelId")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? Id { get; set; }

    /// <summary>Backend to deploy on.</summary>
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "Backend to deploy on, such as Embedded.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string Backend { get; set; } = "";

    /// <summary>File to deploy, in place of the newest one.</summary>
    [Parameter(ParameterSetName = ModelSet, HelpMessage = "File to deploy; default: the newest GGUF file of the model.")]
    [ValidateNotNullOrEmpty]
    public string? ArtifactPath { get; set; }

    /// <summary>Quantization of the file to deploy, when the model has several.</summary>
    [Parameter(ParameterSetName = ModelSet, HelpMessage = "Quantization of the file to deploy.")]
    [Alias("Quant")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(QuantizationCompleter))]
    public string? Quantization { get; set; }

    /// <summary>Name under which the backend serves it; the model's id without it.</summary>
    [Parameter(HelpMessage = "Name under which the backend serves it; default: the model's id.")]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is { Registry.Length: > 0 } artifact && !MyInvocation.BoundParameters.ContainsKey(nameof(Registry)))
            Registry = artifact.Registry;
        ForItem(InputObject?.ModelId ?? Id, () =>
        {
            var request = new PublishRequest
            {
                ModelId = InputObject?.ModelId ?? Id!,
                Backend = Backend,
                ArtifactPath = InputObject?.Path ?? (ArtifactPath is null ? null : FullPath(ArtifactPath)),
                Quantization = Quantization,
                Name = Name,
            };
            string what = Sentence(request);
            if (ShouldProcess(what + ".", what + "?", "Publish-Model"))
                Perform(feed => feed.Output(Workbench().PublishAsync(request, feed, feed.Stop).GetAwaiter().GetResult()));
        });
    }

    private static string Sentence(PublishRequest request)
    {
        string file = request.ArtifactPath is { } path
            ? $"{path} ({ModelFiles.Bytes(path).ToString("N0", CultureInfo.InvariantCulture)} bytes)"
            : $"the newest {request.Quantization ?? "GGUF"} file of {request.ModelId}";
        return $"Deploy {file} on {request.Backend} as '{request.Name ?? request.ModelId}'";
    }
}
