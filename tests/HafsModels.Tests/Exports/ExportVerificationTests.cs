using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using HafsModels.Exports;
using HafsModels.Exports.Ollama;
using HafsModels.Exports.Verification;
using HafsModels.Tests.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Exports;

/// <summary>Exports are made once; each test breaks a copy of one, and looking into it must say what is broken.</summary>
public sealed class ExportVerificationTests(ExportVerificationTests.Made made) : IClassFixture<ExportVerificationTests.Made>
{
    [Theory]
    [InlineData("HuggingFace", "config.json")]
    [InlineData("HuggingFace", "generation_config.json")]
    [InlineData("HuggingFace", "tokenizer.json")]
    [InlineData("HuggingFace", "README.md")]
    [InlineData("HuggingFace", "model.safetensors")]
    [InlineData("Ollama", "Modelfile")]
    [InlineData("Ollama", "INSTALL.md")]
    [InlineData("Ollama", "kjv-llama-Q8_0.gguf")]
    [InlineData("Gguf", "kjv-llama-Q8_0.gguf")]
    [InlineData("LMStudio", "model.yaml")]
    [InlineData("LMStudio", "lmstudio_config.json")]
    [InlineData("LMStudio", "LMSTUDIO_SETUP.md")]
    [InlineData("LMStudio", "local/kjv-llama-GGUF/kjv-llama-Q8_0.gguf")]
    public void A_required_file_that_is_missing_is_named(string format, string file)
    {
        using var copy = new Copy(made, format);
        File.Delete(copy.PathOf(file));

        ExportVerification found = copy.Test();

        Assert.False(found.Passed);
        Assert.Single(found.MissingRequiredFiles);
        Assert.DoesNotContain(file, found.FoundFiles);
        Assert.Equal(!file.EndsWith("gguf", StringComparison.Ordinal) && !file.EndsWith("safetensors", StringComparison.Ordinal), found.HasModelWeights);
    }

    [Theory]
    [InlineData("HuggingFace", "model.safetensors", "weights")]
    [InlineData("Gguf", "kjv-llama-Q8_0.gguf", "weights")]
    [InlineData("Ollama", "kjv-llama-Q8_0.gguf", "modelfile")]
    [InlineData("LMStudio", "local/kjv-llama-GGUF/kjv-llama-Q8_0.gguf", "weights")]
    public void Weights_that_are_cut_off_are_found_without_a_manifest_as_well(string format, string file, string check)
    {
        using var copy = new Copy(made, format, withManifest: false);
        using (FileStream weights = File.OpenWrite(copy.PathOf(file)))
            weights.SetLength(weights.Length / 2);

        ExportVerification found = copy.Test(format);

        Assert.Contains(found.Checks, c => c.Name == check && !c.Passed && c.Detail.Contains(Path.GetFileName(file), StringComparison.Ordinal));
    }

    [Fact]
    public void A_byte_that_was_flipped_is_found_by_its_hash()
    {
        using var copy = new Copy(made, "Gguf");
        using (FileStream weights = File.Open(copy.PathOf("kjv-llama-Q8_0.gguf"), FileMode.Open))
        {
            weights.Seek(-100, SeekOrigin.End);
            int value = weights.ReadByte();
            weights.Seek(-1, SeekOrigin.Current);
            weights.WriteByte((byte)(value ^ 1));
        }

        Assert.Contains(copy.Test(skipRun: true).Checks, c => c.Name == "files" && c.Detail.Contains("other contents", StringComparison.Ordinal));
    }

    [Fact]
    public void A_config_that_does_not_fit_the_weights_is_found()
    {
        using var copy = new Copy(made, "HuggingFace");
        JsonNode config = JsonNode.Parse(File.ReadAllText(copy.PathOf("config.json")))!;
        config["intermediate_size"] = 1024;
        File.WriteAllText(copy.PathOf("config.json"), config.ToJsonString());

        Assert.Contains(copy.Test(skipRun: true).Checks, c => c.Name == "weights" && !c.Passed && c.Detail.Contains("mlp", StringComparison.Ordinal));
    }

    [Fact]
    public void A_tokenizer_that_loses_text_is_found()
    {
        using var copy = new Copy(made, "HuggingFace");
        string tokenizer = File.ReadAllText(copy.PathOf("tokenizer.json"));
        JsonNode json = JsonNode.Parse(tokenizer)!;
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();

        // Two bytes change places: every text with one of them comes back as another.
        (int h, int e) = (vocabulary["H"]!.GetValue<int>(), vocabulary["W"]!.GetValue<int>());
        json["normalizer"] = JsonNode.Parse("""{"type": "Lowercase"}""");
        (vocabulary["H"], vocabulary["W"]) = (e, h);
        File.WriteAllText(copy.PathOf("tokenizer.json"), json.ToJsonString());

        Assert.Contains(copy.Test(skipRun: true).Checks, c => c.Name == "tokenizer" && !c.Passed && c.Detail.Contains("comes back", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("FROM ./kjv-llama-Q8_0.gguf", "FROM ./other.gguf", "modelfile", "other.gguf, which is not there")]
    [InlineData("PARAMETER num_ctx 512", "PARAMETER num_ctx many", "modelfile", "num_ctx must be an integer")]
    [InlineData("PARAMETER num_ctx 512", "PARAMETR num_ctx 512", "modelfile", "'PARAMETR'")]
    [InlineData("PARAMETER stop <|im_end|>\nPARAMETER stop <|endoftext|>\n", "", "modelfile", "answers would not end")]
    [InlineData("<|im_start|>user", "<|im_start|>human", "template", "another prompt than the model's own chat template")]
    [InlineData("{{ .System }}", "{{ .System", "template", "Go template")]
    [InlineData("{{ .Content }}", "{{ .Text }}", "template", "no field 'Text'")]
    public void A_broken_modelfile_is_found(string was, string becomes, string check, string says)
    {
        using var copy = new Copy(made, "Ollama");
        string text = File.ReadAllText(copy.PathOf("Modelfile"));
        Assert.Contains(was, text, StringComparison.Ordinal);
        File.WriteAllText(copy.PathOf("Modelfile"), text.Replace(was, becomes, StringComparison.Ordinal));

        ExportVerification found = copy.Test(skipRun: true);

        Assert.Contains(found.Checks, c => c.Name == check && !c.Passed && c.Detail.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void A_modelfile_of_a_windows_editor_is_found()
    {
        using var copy = new Copy(made, "Ollama");
        File.WriteAllText(copy.PathOf("Modelfile"), File.ReadAllText(copy.PathOf("Modelfile")), new UTF8Encoding(true));

        Assert.Contains(copy.Test(skipRun: true).Checks, c => c.Name == "modelfile" && c.Detail.Contains("byte order mark", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("model.yaml", "key: local/kjv-llama-gguf", "key: somebody/else", "no file lies in somebody/else")]
    [InlineData("model.yaml", "model: local/kjv-llama", "model: kjv-llama", "not PUBLISHER/MODEL")]
    [InlineData("model.yaml", "base:", "base: [", "model.yaml")]
    [InlineData("lmstudio_config.json", "Q8_0.gguf", "Q4_0.gguf", "which is not there")]
    [InlineData("lmstudio_config.json", "{", "", "lmstudio_config.json")]
    public void Broken_settings_of_lm_studio_are_found(string file, string was, string becomes, string says)
    {
        using var copy = new Copy(made, "LMStudio");
        File.WriteAllText(copy.PathOf(file), File.ReadAllText(copy.PathOf(file)).Replace(was, becomes, StringComparison.Ordinal));

        Assert.Contains(copy.Test(skipRun: true).Checks, c => !c.Passed && c.Detail.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Files_one_folder_too_high_are_found()
    {
        using var copy = new Copy(made, "LMStudio", withManifest: false);
        File.Copy(copy.PathOf("local/kjv-llama-GGUF/kjv-llama-Q8_0.gguf"), copy.PathOf("kjv-llama-Q8_0.gguf"));

        Assert.Contains(copy.Test("LMStudio").Checks, c => c.Name == "layout" && !c.Passed);
    }

    [Theory]
    [InlineData("HuggingFace")]
    [InlineData("Ollama")]
    [InlineData("Gguf")]
    [InlineData("LMStudio")]
    public void Looking_twice_finds_the_same_and_the_format_shows(string format)
    {
        using var copy = new Copy(made, format, withManifest: false);

        ExportVerification first = copy.Test(), second = copy.Test();

        Assert.Equal(format, first.Format);
        Assert.True(first.Passed, first.Problem);
        Assert.Equal(first.Checks, second.Checks);
        Assert.Equal(first.SampleOutput, second.SampleOutput);
        Assert.NotEmpty(first.SampleOutput);
    }

    [Fact]
    public void A_folder_without_an_export_is_an_error_and_no_result()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("thesis.txt", "x");

        Assert.Equal("ExportFormatUnclear", Assert.Throws<HafsException>(() => Workbench.TestExport(scratch.Path, new ExportTestOptions(), null, CancellationToken.None)).Id);
        Assert.Equal("ExportNotFound", Assert.Throws<HafsException>(() => Workbench.TestExport(Path.Combine(scratch.Path, "no"), new ExportTestOptions(), null, CancellationToken.None)).Id);
    }

    // Completeness: whichever files are missing, those that are required are named, and the verdict is theirs.
    [Fact]
    public void For_any_set_of_files_the_verdict_is_that_of_the_required_ones()
    {
        Gen<(ExportFormat Format, string[] Gone)> cases =
            from format in Gen.Elements<ExportFormat>([.. ExportFormats.All.Where(f => ExportTests.AllFormats.Contains(f.Name))])
            let files = made.Files(format.Name)
            from gone in Gen.SubListOf(files)
            select (format, gone.ToArray());

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            using var copy = new Copy(made, c.Format.Name, without: c.Gone);
            string[] left = [.. made.Files(c.Format.Name).Except(c.Gone).Where(f => f != ExportManifest.FileName).Order(StringComparer.Ordinal)];

            ExportVerification found = copy.Test(c.Format.Name, skipRun: true);

            Assert.Equal(left, found.FoundFiles);
            Assert.Equal(c.Format.Required.Where(r => !left.Any(r.Matches)).Select(r => r.Pattern), found.MissingRequiredFiles);
            Assert.Equal(c.Format.Required.Where(r => r.HoldsWeights).Any(r => left.Any(r.Matches)), found.HasModelWeights);
            if (found.MissingRequiredFiles.Count > 0)
                Assert.False(found.Passed);
            if (c.Gone.Length == 0)
                Assert.True(found.Passed, found.Problem);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(30));
    }

    // Verification: a change anywhere in any file that was exported is found.
    [Fact]
    public void Any_change_of_any_exported_file_is_found()
    {
        Gen<(string Format, string File, double Place)> cases =
            from format in Gen.Elements("Ollama", "LMStudio", "HuggingFace")
            from file in Gen.Elements<string>([.. made.Files(format).Where(f => f != ExportManifest.FileName)])
            from place in Gen.Choose(0, 999)
            select (format, file, place / 1000.0);

        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            using var copy = new Copy(made, c.Format);
            byte[] bytes = File.ReadAllBytes(copy.PathOf(c.File));
            bytes[(int)(c.Place * bytes.Length)] ^= 0x20;
            File.WriteAllBytes(copy.PathOf(c.File), bytes);

            Assert.Contains(copy.Test(skipRun: true).Checks, k => k.Name == "files" && !k.Passed && k.Detail.StartsWith(c.File, StringComparison.Ordinal));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    // Ollama artifacts: whatever the name, message, template marks and quantizations, what is planned can be read back by the grammar.
    [Fact]
    public void For_any_settings_the_planned_modelfiles_read_back_as_they_were_meant()
    {
        using var scratch = new ScratchFolder();
        var workbench = new Workbench(Path.Combine(scratch.Path, "registry.json"));
        Gen<string> texts = from count in Gen.Choose(0, 6) from parts in Gen.Elements("a", " ", "\n", "\"", "\"\"\"", "#", "{{ x }}", "é", "FROM y", "日本").ArrayOf(count) select string.Concat(parts);
        Gen<(string System, double Temperature, string[] Quantizations)> cases =
            from system in texts
            from temperature in Gen.Choose(0, 200)
            from quantizations in Gen.NonEmptyListOf(Gen.Elements("Q4_K_M", "Q8_0", "BF16", "q4_0"))
            select (system, temperature / 100.0, quantizations.ToArray());

        int read = 0;
        Prop.ForAll(cases.ToArbitrary(), c =>
        {
            ExportRequest request = ExportTests.Request("kjv-llama", scratch) with
            {
                Formats = ["Ollama"],
                System = c.System,
                Quantizations = c.Quantizations,
                Parameters = new Dictionary<string, string> { ["temperature"] = c.Temperature.ToString("R", System.Globalization.CultureInfo.InvariantCulture) },
            };
            using ExportJob job = Open(request);
            if (job is null)
                return;
            string[] ggufs = [.. job.Parts[0].Files.OfType<ExportFile.Weights>().Select(f => "./" + f.Name)];
            Modelfile[] files = [.. job.Parts[0].Files.OfType<ExportFile.Made>().Where(f => f.Name.StartsWith("Modelfile", StringComparison.Ordinal)).Select(f => Modelfile.Parse(new UTF8Encoding(false, true).GetString(f.Bytes)))];
            Assert.Equal(ggufs, files.Select(f => f.From.Single()));
            Assert.All(files, f =>
            {
                Assert.Equal(c.System, f.System);
                Assert.Contains("<|im_end|>", f.Stops);
                Assert.All(f.Parameters, p => Assert.Null(ModelfileParameter.Check(p.Key, p.Value)));
                OllamaTemplate.Parse(f.Template!);
            });
            read++;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));
        Assert.True(read > 25);

        ExportJob Open(ExportRequest request)
        {
            try
            {
                return ExportJob.Open(request, new HafsModels.Architectures.ModelSource(request.Path!));
            }
            catch (HafsException exception) when (exception.Id == "ModelfileValue")
            {
                // Quotes at the end of a line of the message: the grammar has no spelling for them, and that is said.
                Assert.Contains('"', request.System!);
                return null!;
            }
        }
    }

    /// <summary>An export in every format.</summary>
    public sealed class Made : IDisposable
    {
        private readonly ScratchFolder scratch = new();
        private readonly Dictionary<string, string> folders;

        public Made() => folders = new Workbench(Path.Combine(scratch.Path, "registry.json"))
            .Export(ExportTests.Request("kjv-llama", scratch) with { Quantizations = ["Q8_0"], SkipVerification = true }, null, CancellationToken.None)
            .ToDictionary(r => r.Format, r => r.OutputPath);

        public string Folder(string format) => folders[format];

        public string[] Files(string format) => [.. Directory.GetFiles(folders[format], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folders[format], f).Replace('\\', '/')).Order(StringComparer.Ordinal)];

        public void Dispose() => scratch.Dispose();
    }

    /// <summary>A copy of an export to break.</summary>
    private sealed class Copy : IDisposable
    {
        private readonly ScratchFolder scratch = new();

        public Copy(Made made, string format, bool withManifest = true, IReadOnlyCollection<string>? without = null)
        {
            foreach (string file in made.Files(format).Where(f => (withManifest || f != ExportManifest.FileName) && without?.Contains(f) != true))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
                File.Copy(Path.Combine(made.Folder(format), file), PathOf(file));
            }
        }

        public string PathOf(string file) => Path.Combine(scratch.Path, file);

        public ExportVerification Test(string? format = null, bool skipRun = false) => Workbench.TestExport(scratch.Path, new ExportTestOptions { Format = format, SkipRun = skipRun }, null, CancellationToken.None);

        public void Dispose() => scratch.Dispose();
    }
}
