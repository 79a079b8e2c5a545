using System.Management.Automation;
using HafsModels.Formats.Gguf;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>Get-GgufInfo</c>: what a GGUF file says about itself.</summary>
[Cmdlet(VerbsCommon.Get, "GgufInfo")]
[OutputType(typeof(GgufInfo))]
public sealed class GetGgufInfoCommand : HafsCmdlet
{
    /// <summary>GGUF files. Taken as they are written: no wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, HelpMessage = "GGUF files.")]
    [Alias("LiteralPath", "PSPath", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string path in Path)
        {
            ForItem(path, () =>
            {
                using GgufFile file = GgufFile.Open(FullPath(path));
                WriteObject(GgufInfo.Of(file));
            });
        }
    }
}
