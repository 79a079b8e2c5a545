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
    [Parameter(Mandatory = true, Position = 1, HelpMessage = "Backend to deploy on, such as LlamaCpp.")]
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

    /// <summary>Address of a backend that runs already, such as http://127.0.0.1:8000/v1. Without it LlamaCpp starts a server of its own.</summary>
    [Parameter(HelpMessage = "Address of a backend that runs already.")]
    [ValidateNotNull]
    public Uri? Endpoint { get; set; }

    /// <summary>The key of the backend, as the password; the user name does not matter. It goes over TLS or to this machine only, and is never recorded.</summary>
    [Parameter(HelpMessage = "The key of the backend, as the password.")]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Replace what the backend serves under the name for somebody else.</summary>
    [Parameter(HelpMessage = "Replace what the backend serves under the name for somebody else.")]
    public SwitchParameter Force { get; set; }

    /// <summary>llama-server, or the folder that holds it. Without it LLAMA_SERVER names it, else it is on the PATH, else in llama_cpp_dir of sync.toml.</summary>
    [Parameter(HelpMessage = "llama-server, or the folder that holds it.")]
    [ValidateNotNullOrEmpty]
    public string? Program { get; set; }

    /// <summary>Type that Ollama itself quantizes an F16, BF16 or F32 file to: q8_0, q4_K_S or q4_K_M. Without it the file is served as it is.</summary>
    [Parameter(HelpMessage = "Type that Ollama itself quantizes the file to.")]
    [ValidateSet("q8_0", "q4_K_S", "q4_K_M")]
    public string? BackendQuantization { get; set; }

    /// <summary>System message that Ollama puts before conversations.</summary>
    [Parameter(HelpMessage = "System message that Ollama puts before conversations.")]
    [ValidateNotNullOrEmpty]
    public string? System { get; set; }

    /// <summary>Port on loopback for a server that is started; a free one without it.</summary>
    [Parameter(HelpMessage = "Port on loopback for a server that is started.")]
    [ValidateRange(1, 65535)]
    public int Port { get; set; }

    /// <summary>Context of a server that is started, tokens; the model's own without it.</summary>
    [Parameter(HelpMessage = "Context of a server that is started, tokens.")]
    [ValidateRange(1, int.MaxValue)]
    public int ContextLength { get; set; }

    /// <summary>Further arguments of a server that is started, passed on as they are: -ServerArgument '-ngl', '99'.</summary>
    [Parameter(HelpMessage = "Further arguments of a server that is started.")]
    [ValidateNotNullOrEmpty]
    public string[] ServerArgument { get; set; } = [];

    /// <summary>File that a server's output is appended to; beside the model's file without it.</summary>
    [Parameter(HelpMessage = "File that a server's output is appended to.")]
    [ValidateNotNullOrEmpty]
    public string? ServerLogPath { get; set; }

    /// <summary>Seconds that a server may take to load the model; two minutes and one more for each 10 GB without it.</summary>
    [Parameter(HelpMessage = "Seconds that a server may take to load the model.")]
    [ValidateRange(1, 86400)]
    public int StartTimeout { get; set; }

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
                ArtifactPath = InputObject?.Path ?? (FullPath(ArtifactPath)),
                Quantization = Quantization,
                Name = Name,
                Endpoint = Endpoint,
                Key = Credential?.GetNetworkCredential().Password,
                Force = Force,
                BackendQuantization = BackendQuantization,
                System = System,
                Server = new ServerOptions
                {
                    Program = FullPath(Program),
                    Port = Port,
                    ContextLength = ContextLength,
                    Arguments = ServerArgument,
                    LogPath = FullPath(ServerLogPath),
                    StartTimeout = StartTimeout > 0 ? TimeSpan.FromSeconds(StartTimeout) : null,
                },
            };
            string what = Sentence(request);
            if (ShouldProcess(what + ".", what + "?", "Publish-Model"))
            {
                Perform(feed =>
                {
                    ModelDeployment deployment = Workbench().PublishAsync(request, feed, feed.Stop).GetAwaiter().GetResult();
                    foreach (string note in deployment.Notes)
                        feed.Warn(note);
                    feed.Output(deployment);
                });
            }
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
