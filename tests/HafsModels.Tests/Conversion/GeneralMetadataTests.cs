using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats.Gguf;
using HafsModels.Quantization;
using HafsModels.Tests.Tokenizers;
using HafsModels.Tokenizers;
using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>What a GGUF file says about where it comes from. Expected values: the rules of llama.cpp's converter (gguf-py's metadata).</summary>
public sealed class GeneralMetadataTests
{
    private const string Card = """
        ---
        license: other
        license_name: llama3
        license_link: LICENSE
        language:
        - en
        - no
        tags: [bible, "king james"]
        pipeline_tag: text-generation
        base_model:
        - meta-llama/Llama-3.1-8B-Instruct
        - https://huggingface.co/mistralai/Mistral-7B-v0.1
        - name: By hand
          author: me
        datasets: org/verses
        model_creator: Somebody
        ---
        # Text
        """;

    [Theory]
    [InlineData("mistralai/Mixtral-8x7B-Instruct-v0.1", "mistralai", "Mixtral", "Instruct", "v0.1", "8x7B")]
    [InlineData("Meta-Llama-3-8B", null, "Meta-Llama-3", null, null, "8B")]
    [InlineData("Qwen1.5-MoE-A2.7B-Chat", null, "Qwen1.5-MoE", "Chat", null, "A2.7B")]
    [InlineData("bloom-7b1-petals", null, "bloom", "petals", null, "7.1B")]
    [InlineData("NousResearch/Meta-Llama-3-8B", "NousResearch", "Meta-Llama-3", null, null, "8B")]
    [InlineData("stablelm-2-1_6b-chat", null, "stablelm-2", "chat", null, "1.6B")]
    [InlineData("llama2json", null, null, null, null, null)]
    [InlineData("A sentence is only a name", null, null, null, null, null)]
    [InlineData("./kjv-7b", null, "kjv", null, null, "7B")]
    public void Name_tells_line_size_tune_and_version(string name, string? organization, string? basename, string? finetune, string? version, string? size)
    {
        ModelNameParts parts = ModelNameParts.Parse(name, 0);

        Assert.Equal((organization, basename, finetune, version, size), (parts.Organization, parts.Basename, parts.Finetune, parts.Version, parts.SizeLabel));
    }

    [Fact]
    public void Word_for_the_size_counts_where_no_number_does()
    {
        ModelNameParts parts = ModelNameParts.Parse("Phi-3-mini-4k-instruct", 4_000_000_000);

        Assert.Equal(("Phi-3", "4k-instruct", "mini"), (parts.Basename, parts.Finetune, parts.SizeLabel));
    }

    [Fact]
    public void Size_that_the_model_cannot_have_is_no_size()
    {
        Assert.Equal(("7B", null), (ModelNameParts.Parse("Llama-7b-chat", 7_000_000_000).SizeLabel, ModelNameParts.Parse("Llama-7b-chat", 1_000_000).SizeLabel));
        Assert.Equal("4k-chat", ModelNameParts.Parse("Llama-4K-chat", 7_000_000_000).Finetune);
    }

    [Theory]
    [InlineData("kjv-llama", "Kjv Llama")]
    [InlineData("Llama2Json", "Llama2Json")]
    [InlineData("Mixtral-8x7B-v0.1", "Mixtral 8x7B v0.1")]
    [InlineData("smol-1b", "Smol 1b")]
    public void Name_becomes_a_title(string name, string title) => Assert.Equal(title, ModelNameParts.Title(name));

    [Fact]
    public void Model_card_fills_the_general_keys_in_the_order_of_the_reference()
    {
        using ScratchFolder folder = Model(Card);
        folder.Write("generation_config.json", """{"temperature":0.6,"top_p":0.95,"top_k":20,"do_sample":true}""");

        IReadOnlyList<KeyValuePair<string, GgufValue>> keys = General(folder, new GgufExportOptions { Name = "kjv-llama" });

        Assert.Equal(
            [
                "general.architecture=llama", "general.type=model", "general.sampling.top_k=20", "general.sampling.top_p=0.95", "general.sampling.temp=0.6",
                "general.name=Kjv Llama", "general.author=Somebody", "general.size_label=2M", "general.license=other", "general.license.name=llama3", "general.license.link=LICENSE",
                "general.base_model.count=3",
                "general.base_model.0.name=Llama 3.1 8B Instruct", "general.base_model.0.organization=Meta Llama", "general.base_model.0.repo_url=https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct",
                "general.base_model.1.name=Mistral 7B v0.1", "general.base_model.1.version=v0.1", "general.base_model.1.organization=Mistralai", "general.base_model.1.repo_url=https://huggingface.co/mistralai/Mistral-7B-v0.1",
                "general.base_model.2.name=By hand", "general.base_model.2.author=me",
                "general.dataset.count=1", "general.dataset.0.name=Verses", "general.dataset.0.organization=Org", "general.dataset.0.repo_url=https://huggingface.co/org/verses",
                "general.tags=bible|king james|text-generation", "general.languages=en|no",
            ],
            keys.Where(key => key.Key is not ("general.file_type" or "general.quantization_version")).Select(key => $"{key.Key}={Text(key.Value.Value)}").Select(line => line.StartsWith("general.size_label", StringComparison.Ordinal) ? "general.size_label=2M" : line));
    }

    [Fact]
    public void What_is_asked_for_stands_before_what_the_card_says()
    {
        using ScratchFolder folder = Model(Card);

        Dictionary<string, GgufValue> keys = General(folder, new GgufExportOptions { Name = "x", Author = "A", License = "mit", Description = "D", BaseModel = "Qwen/Qwen2.5-0.5B" }).ToDictionary();

        Assert.Equal(("A", "mit", "D"), (keys["general.author"].Value, keys["general.license"].Value, keys["general.description"].Value));
        Assert.Equal((1u, "Qwen2.5 0.5B", "Qwen"), (keys["general.base_model.count"].Value, keys["general.base_model.0.name"].Value, keys["general.base_model.0.organization"].Value));
        Assert.False(keys.ContainsKey("general.base_model.1.name"));
    }

    [Theory]
    [InlineData("---\nlicense: [mit\n---\n", "line")]
    [InlineData("---\n- a\n- b\n---\n", "no table")]
    [MemberData(nameof(Hostile))]
    public void Card_that_is_no_yaml_is_a_warning_and_the_rest_is_written(string card, string part)
    {
        using ScratchFolder folder = Model(card);

        ConversionPlan plan = new Workbench(Path.Combine(folder.Path, "registry.json")).PlanConversion(new ConvertRequest { Path = folder.Path });

        string warning = Assert.Single(plan.Warnings);
        Assert.Contains(part, warning, StringComparison.Ordinal);
        Assert.Contains("README.md", warning, StringComparison.Ordinal);
        IReadOnlyList<KeyValuePair<string, GgufValue>> keys = General(folder, new GgufExportOptions { Name = "x" });
        Assert.Contains(keys, key => key.Key == "general.name");
        Assert.DoesNotContain(keys, key => key.Key == "general.license");
    }

    // What would end the stack, and what would take 2^30 steps.
    public static TheoryData<string, string> Hostile => new()
    {
        { $"---\na: {new string('[', 200_000)}\n---\n", "nested deeper" },
        { $"---\n{string.Concat(Enumerable.Repeat("- ", 100_000))}x\n---\n", "nested deeper" },
        { $"---\na0: &a0 x\n{string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"))}? *a30\n: x\n---\n", "more than 20 aliases" },
    };

    [Theory]
    [InlineData("# no head")]
    [InlineData("")]
    [InlineData("---\n---\ntext")]
    public void Card_without_metadata_says_nothing(string card)
    {
        using ScratchFolder folder = Model(card);

        Assert.DoesNotContain(General(folder, new GgufExportOptions { Name = "x" }), key => key.Key == "general.license");
    }

    private static string Text(object value) => value is string[] list ? string.Join('|', list) : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!;

    private static IReadOnlyList<KeyValuePair<string, GgufValue>> General(ScratchFolder path, GgufExportOptions options)
    {
        using ModelFolder folder = ModelFolder.Open(path.Path);
        ExportPlan plan = GgufExport.Plan(folder, Vocabulary.Load(path.Path), new(Recipes.Get("Q8_0")), options);
        string file = Path.Combine(path.Path, "header.gguf");
        using (FileStream output = File.Create(file))
        {
            output.Write(plan.Header.Span);
            output.SetLength(plan.FileBytes);
        }

        using GgufFile gguf = GgufFile.Open(file);
        return [.. gguf.Metadata.Where(key => key.Key.StartsWith("general.", StringComparison.Ordinal))];
    }

    private static ScratchFolder Model(string card)
    {
        var folder = new ScratchFolder();
        string source = Repository.PathOf("tests", "models", "kjv-llama");
        foreach (string name in new[] { "config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors" })
            folder.Copy(Path.Combine(source, name));
        folder.Write("README.md", card);
        return folder;
    }
}
