using System.Collections;
using System.Globalization;
using System.Management.Automation;
using HafsModels.Conversion;
using HafsModels.Measurement;
using HafsModels.PowerShell.Completion;
using HafsModels.Quantization;
using HafsModels.Registry;

namespace HafsModels.PowerShell.Commands;

/// <summary><c>ConvertTo-Gguf</c>: writes a model as a GGUF file, and proves that it answers like its source.</summary>
[Cmdlet(VerbsData.ConvertTo, "Gguf", SupportsShouldProcess = true, DefaultParameterSetName = ModelSet)]
[OutputType(typeof(Artifact))]
public sealed class ConvertToGgufCommand : ModelSourceCmdlet
{
    /// <summary>Folder of a LoRA adapter, or the id of a registered one, to merge into the model on the way. A registered adapter as the model itself brings its base model along and needs none.</summary>
    [Parameter(HelpMessage = "Folder or id of a LoRA adapter to merge into the model on the way.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ModelIdCompleter))]
    public string? MergeAdapter { get; set; }

    /// <summary>How to store the weights: a name that Get-ModelQuantization lists, in any case, or COPY to change no type. Q4_K_M without it, unless a recipe file names another.</summary>
    [Parameter(Position = 1, HelpMessage = "How to store the weights; Get-ModelQuantization lists the names.")]
    [Alias("Quant")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ConversionCompleter))]
    public string? Quantization { get; set; }

    /// <summary>Recipe file (JSON) that says how to quantize. What the other parameters say goes before it.</summary>
    [Parameter(HelpMessage = "Recipe file (JSON) that says how to quantize.")]
    [Alias("Recipe")]
    [ValidateNotNullOrEmpty]
    public string? RecipePath { get; set; }

    /// <summary>Types for tensors whose names match a regular expression, as 'REGEX=TYPE' or as tables; the first match decides.</summary>
    [Parameter(HelpMessage = "Types by pattern: 'REGEX=TYPE', or @{ 'REGEX' = 'TYPE' }.")]
    [ArgumentCompleter(typeof(TensorTypeCompleter))]
    public object[]? TensorType { get; set; }

    /// <summary>Type of the output head (output.weight).</summary>
    [Parameter(HelpMessage = "Type of the output head.")]
    [Alias("OutputTensorType")]
    [ArgumentCompleter(typeof(GgmlTypeCompleter))]
    public string? OutputType { get; set; }

    /// <summary>Type of the token embedding (token_embd.weight).</summary>
    [Parameter(HelpMessage = "Type of the token embedding.")]
    [Alias("TokenEmbeddingType")]
    [ArgumentCompleter(typeof(GgmlTypeCompleter))]
    public string? EmbeddingType { get; set; }

    /// <summary>Leaves output.weight in the type it has.</summary>
    [Parameter(HelpMessage = "Leave output.weight in the type it has.")]
    [Alias("LeaveOutputTensor")]
    public SwitchParameter LeaveOutput { get; set; }

    /// <summary>Gives every tensor the base type instead of a mixture.</summary>
    [Parameter(HelpMessage = "Give every tensor the base type instead of a mixture.")]
    public SwitchParameter Pure { get; set; }

    /// <summary>Blocks of a GGUF model to leave out, such as 3,5-7, counted from 0; the others are numbered anew.</summary>
    [Parameter(HelpMessage = "Blocks to leave out, such as 3,5-7 (GGUF sources).")]
    public string[] PruneLayers { get; set; } = [];

    /// <summary>Writes as many files as a split GGUF source has.</summary>
    [Parameter(HelpMessage = "Write as many files as a split GGUF source has.")]
    public SwitchParameter KeepSplit { get; set; }

    /// <summary>Quantizes tensors of a GGUF source that were quantized before, which loses more.</summary>
    [Parameter(HelpMessage = "Quantize tensors that were quantized before.")]
    public SwitchParameter AllowRequantize { get; set; }

    /// <summary>
    /// Importance matrix: a file of Measure-ModelImportance or llama-imatrix that says how much each column of each weight counts. Makes every
    /// quantization better, and the smallest ones possible.
    /// </summary>
    [Parameter(HelpMessage = "Importance matrix: a file of Measure-ModelImportance or llama-imatrix.")]
    [Alias("IMatrix")]
    [ValidateNotNullOrEmpty]
    public string? ImportanceMatrix { get; set; }

    /// <summary>
    /// Most bytes of the file, header included, such as 4.5GB: instead of a quantization, a type is chosen for each tensor by its measured effect on the answers,
    /// so that the file is as faithful as that size allows.
    /// </summary>
    [Parameter(HelpMessage = "Most bytes of the file, such as 4.5GB; types are chosen to meet it.")]
    [ValidateRange(1, long.MaxValue)]
    public long? TargetSize { get; set; }

    /// <summary>Most bits per weight over all tensors, such as 4.6: a type is chosen for each tensor as with -TargetSize.</summary>
    [Parameter(HelpMessage = "Most bits per weight, such as 4.6; types are chosen to meet it.")]
    [ValidateRange(0.1, 64.0)]
    public double? TargetBpw { get; set; }

    /// <summary>File to write, or the folder to write to; NAME-QUANTIZATION.gguf in the model's folder without it.</summary>
    [Parameter(HelpMessage = "File to write, or a folder; default: NAME-QUANTIZATION.gguf in the model's folder.")]
    [Alias("OutFile")]
    [ValidateNotNullOrEmpty]
    public string? OutputPath { get; set; }

    /// <summary>Worker threads; 0 means one a processor.</summary>
    [Parameter(HelpMessage = "Worker threads; 0: one a processor.")]
    [ValidateRange(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Does not run source and result on the same tokens afterwards.</summary>
    [Parameter(HelpMessage = "Do not run source and result on the same tokens afterwards.")]
    public SwitchParameter SkipVerification { get; set; }

    /// <summary>File that takes a report of what each tensor lost: .html for a page, .svg for the picture alone. Replaced if it exists.</summary>
    [Parameter(HelpMessage = "File for a report of what each tensor lost: .html or .svg.")]
    [ValidateNotNullOrEmpty]
    public string? Report { get; set; }

    /// <summary>Replaces a file that exists.</summary>
    [Parameter(HelpMessage = "Replace a file that exists.")]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes NaN and infinite weights as ggml would, instead of refusing them.</summary>
    [Parameter(HelpMessage = "Write NaN and infinite weights instead of refusing them.")]
    public SwitchParameter AllowNonFinite { get; set; }

    /// <summary>Converts the text part of a model with towers for pictures or sound, instead of refusing it.</summary>
    [Parameter(HelpMessage = "Convert the text part of a model that also reads pictures or sound.")]
    public SwitchParameter TextOnly { get; set; }

    /// <summary>Name for tokenizer.ggml.pre, the rule by which llama.cpp splits text, instead of the one that matches tokenizer.json. A name that does not fit makes llama.cpp find other tokens.</summary>
    [Parameter(HelpMessage = "Name for tokenizer.ggml.pre instead of the one that matches tokenizer.json.")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(PreTokenizerCompleter))]
    public string? PreTokenizer { get; set; }

    /// <summary>Author, written as general.author; else the registry's, or the model card's.</summary>
    [Parameter(HelpMessage = "Author (general.author).")]
    public string? Author { get; set; }

    /// <summary>Description, written as general.description; else the registry's, or the model card's.</summary>
    [Parameter(HelpMessage = "Description (general.description).")]
    public string? Description { get; set; }

    /// <summary>Licence, written as general.license; an SPDX identifier is best. Else the registry's, or the model card's.</summary>
    [Parameter(HelpMessage = "Licence (general.license), such as MIT.")]
    [ArgumentCompleter(typeof(LicenseCompleter))]
    public string? License { get; set; }

    /// <summary>Who quantized it, written as general.quantized_by; else the model card's.</summary>
    [Parameter(HelpMessage = "Who quantized it (general.quantized_by).")]
    public string? QuantizedBy { get; set; }

    /// <summary>
    /// How much the file says about where the model comes from, beside what llama.cpp's converter writes. Run: the training run of a registered model, where its record tells of one (entrenar.*). Full: that of any
    /// model, and the hashes of its weight files (hafs.source.*). None: nothing. GGUF sources keep the keys they have.
    /// </summary>
    [Parameter(HelpMessage = "How much the file says about where the model comes from.")]
    public ProvenanceDetail Provenance { get; set; } = ProvenanceDetail.Run;

    /// <summary>Does not hash the weight files that are read; the file and its record then do not say which ones they were.</summary>
    [Parameter(HelpMessage = "Do not hash the weight files that are read.")]
    public SwitchParameter SkipSourceHash { get; set; }

    /// <summary>Base model by its name on the hub, written as general.base_model.0.name, .organization and .repo_url; else the model card's.</summary>
    [Parameter(HelpMessage = "Base model by its name on the hub (general.base_model.0.*).")]
    [ArgumentCompleter(typeof(BaseModelCompleter))]
    public string? BaseModel { get; set; }

    /// <summary>Further metadata: keys, and values that are text, true or false, numbers, or arrays of one of them.</summary>
    [Parameter(HelpMessage = "Further metadata, key = value.")]
    public Hashtable? Metadata { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ForItem(Id ?? Path, () =>
    {
        var request = new ConvertRequest
        {
            ModelId = SourceId,
            Path = SourcePath,
            Adapter = AdapterOf(MergeAdapter),
            Quantization = Quantization,
            RecipePath = FullPath(RecipePath),
            TensorTypes = TensorTypes.Rules(TensorType),
            OutputType = OutputType is null ? null : BlockFormats.Parse(OutputType),
            EmbeddingType = EmbeddingType is null ? null : BlockFormats.Parse(EmbeddingType),
            LeaveOutput = LeaveOutput,
            Pure = Pure,
            PruneLayers = LayerList.Parse(string.Join(',', PruneLayers)),
            KeepSplit = KeepSplit,
            AllowRequantize = AllowRequantize,
            ImportanceMatrix = FullPath(ImportanceMatrix),
            TargetBytes = TargetSize,
            TargetBitsPerWeight = TargetBpw,
            OutputPath = FullPath(OutputPath),
            Threads = Threads,
            SkipVerification = SkipVerification,
            ReportPath = FullPath(Report),
            Force = Force,
            AllowNonFinite = AllowNonFinite,
            TextOnly = TextOnly,
            PreTokenizer = PreTokenizer,
            Author = Author,
            Description = Description,
            License = License,
            BaseModel = BaseModel,
            QuantizedBy = QuantizedBy,
            Provenance = Provenance,
            SkipSourceHash = SkipSourceHash,
            Metadata = Plain.Table(Metadata),
        };
        Workbench workbench = Workbench();
        TypeChoice? choice = null;
        if (HasTarget)
            Perform(feed => (request, choice) = workbench.ChooseTypes(request, feed, feed.Stop));
        if (choice is not null)
            WriteVerbose($"Types were chosen {choice.Method}: {choice.Mixture}");
        ConversionPlan plan = workbench.PlanConversion(request);
        foreach (string warning in plan.Warnings)
            WriteWarning(warning);
        string what = Sentence(plan, choice);
        if (ShouldProcess(what + ".", what + "?", "ConvertTo-Gguf"))
        {
            Perform(feed =>
            {
                Artifact artifact = workbench.Convert(request, feed, feed.Stop);
                if (artifact.VerificationNote.Length > 0)
                    feed.Warn(artifact.VerificationNote);
                feed.Output(artifact);
            });
        }
    });

    private bool HasTarget => TargetSize is not null || TargetBpw is not null;

    private string Sentence(ConversionPlan plan, TypeChoice? choice)
    {
        string exists = !plan.OutputExists ? "" : Force ? ", replacing the file that exists" : ", which exists already (needs -Force)";
        return string.Create(CultureInfo.InvariantCulture,
            $"Write {plan.OutputBytes:N0} bytes to {plan.OutputPath}{exists}: {plan.Family} with {plan.ParameterCount:N0} parameters in {plan.TensorCount} tensors as {plan.Quantization}{(choice is null ? "" : $" of {choice.Mixture}")} "
            + $"({plan.BitsPerWeight:0.00} bits per weight), from {plan.SourceBytes:N0} bytes of {plan.Source}");
    }
}
