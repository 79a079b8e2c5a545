using System.Text.Json;
using System.Text.Json.Nodes;
using HafsModels.Architectures;
using HafsModels.Conversion;
using HafsModels.Formats;
using HafsModels.Tensors;
using Xunit;

namespace HafsModels.Tests.Conversion.Adapters;

/// <summary>Merged weights of generated models, against the definition computed in double.</summary>
public sealed class AdapterMergeTests
{
    private const string Query = "model.layers.0.self_attn.q_proj", Key = "model.layers.1.self_attn.k_proj", Down = "model.layers.0.mlp.down_proj";

    [Theory]
    [InlineData(false, 4, 8.0, 2.0)]
    [InlineData(true, 4, 8.0, 4.0)]
    [InlineData(false, 7, 3.5, 0.5)]
    [InlineData(true, 64, 16.0, 2.0)]
    public void The_scale_is_alpha_over_rank_or_over_its_root(bool stabilized, int rank, double alpha, double scale)
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, rank, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter(new JsonObject { ["use_rslora"] = stabilized, ["r"] = rank, ["lora_alpha"] = alpha }, a, b);
        Check(model, (Query + ".weight", TinyModel.Merged(model.Base[Query + ".weight"], a, b, scale)));
    }

    [Fact]
    public void Patterns_give_modules_ranks_and_alphas_of_their_own_and_the_first_match_counts()
    {
        using var model = new TinyModel();
        (TinyTensor qa, TinyTensor qb) = model.Factors(Query, 2, TinyModel.Hidden, TinyModel.Hidden);
        (TinyTensor ka, TinyTensor kb) = model.Factors(Key, 8, TinyModel.KeyValue, TinyModel.Hidden);
        (TinyTensor da, TinyTensor db) = model.Factors(Down, 4, TinyModel.Hidden, TinyModel.Inner);
        model.WriteAdapter(
            new JsonObject
            {
                ["rank_pattern"] = new JsonObject { ["layers\\.0\\..*q_proj"] = 2, ["k_proj"] = 8, ["layers.1.self_attn.k_proj"] = 16, ["_proj"] = 32 },
                ["alpha_pattern"] = new JsonObject { ["^model.layers.1.self_attn.k_proj"] = 4, ["self_attn.k_proj"] = 64, ["own_proj"] = 5 },
            },
            qa, qb, ka, kb, da, db);
        Check(
            model,
            (Query + ".weight", TinyModel.Merged(model.Base[Query + ".weight"], qa, qb, 8.0 / 2)),
            (Key + ".weight", TinyModel.Merged(model.Base[Key + ".weight"], ka, kb, 4.0 / 8)),
            (Down + ".weight", TinyModel.Merged(model.Base[Down + ".weight"], da, db, 8.0 / 4)));
    }

    [Fact]
    public void Modules_saved_whole_and_biases_replace_those_of_the_base()
    {
        using var model = new TinyModel(biased: true);
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        TinyTensor norm = model.Make("base_model.model.model.norm.weight", TinyModel.Hidden);
        TinyTensor head = model.Make("base_model.model.lm_head.modules_to_save.default.weight", TinyModel.Vocabulary, TinyModel.Hidden);
        TinyTensor wrapped = model.Make("base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias", TinyModel.Hidden);
        TinyTensor plain = model.Make("base_model.model.model.layers.1.self_attn.v_proj.bias", TinyModel.KeyValue);
        model.WriteAdapter(new JsonObject { ["bias"] = "all", ["modules_to_save"] = new JsonArray("norm", "lm_head") }, a, b, norm, head, wrapped, plain);
        Check(
            model,
            (Query + ".weight", TinyModel.Merged(model.Base[Query + ".weight"], a, b, 2)),
            ("model.norm.weight", norm.Numbers),
            ("lm_head.weight", head.Numbers),
            (Query + ".bias", wrapped.Numbers),
            ("model.layers.1.self_attn.v_proj.bias", plain.Numbers));
    }

    [Fact]
    public void Factors_of_an_embedding_are_added_transposed()
    {
        using var model = new TinyModel();
        TinyTensor a = model.Make("base_model.model.model.embed_tokens.lora_embedding_A", 4, TinyModel.Vocabulary), b = model.Make("base_model.model.model.embed_tokens.lora_embedding_B", TinyModel.Hidden, 4);
        model.WriteAdapter(new JsonObject { ["target_modules"] = new JsonArray("embed_tokens") }, a, b);
        Check(model, ("model.embed_tokens.weight", TinyModel.Merged(model.Base["model.embed_tokens.weight"], a, b, 2, isTransposed: true)));
    }

    [Fact]
    public void A_table_saved_whole_takes_the_factors_that_are_saved_beside_it()
    {
        using var model = new TinyModel();
        TinyTensor table = model.Make("base_model.model.model.embed_tokens.base_layer.weight", TinyModel.Vocabulary, TinyModel.Hidden);
        TinyTensor a = model.Make("base_model.model.model.embed_tokens.lora_embedding_A", 4, TinyModel.Vocabulary), b = model.Make("base_model.model.model.embed_tokens.lora_embedding_B", TinyModel.Hidden, 4);
        model.WriteAdapter([], a, table, b);
        Check(model, ("model.embed_tokens.weight", TinyModel.Merged(table, a, b, 2, isTransposed: true)));
    }

    [Fact]
    public void Weights_that_lie_input_first_take_the_transposed_product()
    {
        // Conv1D stores [in, out]; here a square and an oblong matrix play that part, and one stored the usual way is told apart by its shape.
        using var model = new TinyModel();
        (TinyTensor qa, TinyTensor qb) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        (TinyTensor da, TinyTensor db) = model.Factors(Down, 4, TinyModel.Inner, TinyModel.Hidden);
        (TinyTensor ka, TinyTensor kb) = model.Factors(Key, 4, TinyModel.KeyValue, TinyModel.Hidden);
        model.WriteAdapter(new JsonObject { ["fan_in_fan_out"] = true }, qa, qb, da, db, ka, kb);
        Check(
            model,
            (Query + ".weight", TinyModel.Merged(model.Base[Query + ".weight"], qa, qb, 2, isTransposed: true)),
            (Down + ".weight", TinyModel.Merged(model.Base[Down + ".weight"], da, db, 2, isTransposed: true)),
            (Key + ".weight", TinyModel.Merged(model.Base[Key + ".weight"], ka, kb, 2)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_resized_vocabulary_changes_the_config(bool tied)
    {
        using var model = new TinyModel(tied);
        TinyTensor embedding = model.Make("base_model.model.model.embed_tokens.weight", TinyModel.Vocabulary + 3, TinyModel.Hidden);
        TinyTensor head = tied ? embedding with { Name = "base_model.model.lm_head.weight" } : model.Make("base_model.model.lm_head.weight", TinyModel.Vocabulary + 3, TinyModel.Hidden);
        model.WriteAdapter([], embedding, head);
        using ModelFolder merged = ModelFolder.Open(new ModelSource(model.BasePath, model.AdapterPath));
        Assert.Equal(TinyModel.Vocabulary + 3, merged.Decoder.VocabularySize);

        // PEFT saves a tied head beside the embedding: the same numbers stay one tensor.
        Assert.Equal(tied, merged.Decoder.TiedEmbeddings);
        Assert.Equal(embedding.Numbers, Read(merged.Tensors.Single(t => t.Role == "token_embd.weight").Rows));
        Assert.Equal(tied ? null : head.Numbers, merged.Tensors.SingleOrDefault(t => t.Role == "output.weight") is { } output ? Read(output.Rows) : null);
    }

    [Fact]
    public void Training_one_of_two_tied_tables_makes_them_two()
    {
        using var model = new TinyModel(tied: true);
        (TinyTensor a, TinyTensor b) = model.Factors("lm_head", 4, TinyModel.Vocabulary, TinyModel.Hidden);
        model.WriteAdapter([], a, b);
        TinyTensor table = model.Base["model.embed_tokens.weight"];
        Check(model, ("lm_head.weight", TinyModel.Merged(table, a, b, 2)));

        TinyTensor ea = model.Make("base_model.model.model.embed_tokens.lora_embedding_A", 4, TinyModel.Vocabulary), eb = model.Make("base_model.model.model.embed_tokens.lora_embedding_B", TinyModel.Hidden, 4);
        model.WriteAdapter([], ea, eb);
        Check(model, ("model.embed_tokens.weight", TinyModel.Merged(table, ea, eb, 2, isTransposed: true)), ("lm_head.weight", table.Numbers));

        // Where tying is asked for, they stay one.
        model.WriteAdapter(new JsonObject { ["ensure_weight_tying"] = true }, ea, eb);
        using ModelFolder tied = ModelFolder.Open(new ModelSource(model.BasePath, model.AdapterPath));
        Assert.DoesNotContain(tied.Tensors, t => t.Role == "output.weight");
        Assert.True(tied.Decoder.TiedEmbeddings);
    }

    [Fact]
    public void A_written_checkpoint_holds_the_merged_numbers_rounded_to_the_nearest_even_and_every_other_byte_of_the_base()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a, b);
        using (AdapterMerge merge = Open(model, new MergeRequest { OutputPath = model.OutputPath, MaxShardBytes = 30_000 }))
        {
            Assert.True(merge.Summary.ShardCount > 2);
            merge.Run(2, false, null, default);
            Assert.Equal(merge.Summary.OutputBytes, Directory.EnumerateFiles(model.OutputPath).Sum(f => new FileInfo(f).Length));
        }

        Assert.False(Directory.Exists(model.OutputPath + ".partial"));
        float[] expected = TinyModel.Merged(model.Base[Query + ".weight"], a, b, 2);
        using Checkpoint written = Checkpoint.OpenPath(model.OutputPath);
        Assert.Equal(model.Base.Keys.Order(), written.Tensors.Select(t => t.Name).Order());
        int rounded = 0;
        foreach (TensorInfo tensor in written.Tensors)
        {
            Assert.Equal(ElementType.BF16, tensor.Type);
            float[] found = Read(written.Open(tensor.Name));
            if (tensor.Name != Query + ".weight")
            {
                Assert.Equal(model.Base[tensor.Name].Numbers, found);
                continue;
            }

            // The float before rounding may differ from the double by its last bit: then the neighbour is as right where it lies between two.
            using ModelFolder merged = ModelFolder.Open(new ModelSource(model.BasePath, model.AdapterPath));
            float[] before = Read(merged.Tensors.Single(t => t.Role == "blk.0.attn_q.weight").Rows);
            Assert.Equal(before.Select(TinyTensor.ToBF16), found);
            rounded = before.Zip(found).Count(p => p.First != p.Second);
            Assert.All(expected.Zip(before), p => Assert.Equal(p.First, p.Second, 1e-6f));
        }

        Assert.True(rounded > 1000, $"{rounded} numbers needed rounding");
    }

    [Theory]
    [InlineData(ElementType.F32, "float32")]
    [InlineData(ElementType.F16, "float16")]
    public void Another_type_is_written_and_stated_in_the_config(ElementType type, string name)
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a, b);
        using (AdapterMerge merge = Open(model, new MergeRequest { OutputPath = model.OutputPath, DataType = type }))
            merge.Run(1, false, null, default);
        using (Checkpoint written = Checkpoint.OpenPath(model.OutputPath))
            Assert.All(written.Tensors, t => Assert.Equal(type, t.Type));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(model.OutputPath, "config.json")));
        Assert.Equal(name, config.RootElement.GetProperty("torch_dtype").GetString());
    }

    [Fact]
    public void A_cancelled_merge_leaves_nothing_and_an_existing_folder_as_it_was()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a, b);
        using AdapterMerge merge = Open(model, new MergeRequest { OutputPath = model.OutputPath });
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => merge.Run(1, false, new Cancelling(stop), stop.Token));
        Assert.Equal(["adapter", "base"], Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(model.BasePath)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Only_a_checkpoint_is_replaced_and_never_an_input()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        model.WriteAdapter([], a, b);
        Directory.CreateDirectory(model.OutputPath);
        File.WriteAllText(Path.Combine(model.OutputPath, "diary.txt"), "mine");
        using (AdapterMerge merge = Open(model, new MergeRequest { OutputPath = model.OutputPath }))
        {
            Assert.Equal("OutputExists", Assert.Throws<HafsException>(() => merge.Run(1, false, null, default)).Id);
            Assert.Equal("OutputIsNoCheckpoint", Assert.Throws<HafsException>(() => merge.Run(1, true, null, default)).Id);
        }

        File.WriteAllText(Path.Combine(model.OutputPath, "config.json"), "{}");
        using (AdapterMerge merge = Open(model, new MergeRequest { OutputPath = model.OutputPath }))
            merge.Run(1, true, null, default);
        Assert.Equal(["config.json", "model.safetensors"], Directory.EnumerateFiles(model.OutputPath).Select(Path.GetFileName).Order());
        foreach (string input in new[] { model.BasePath, model.AdapterPath, Path.GetDirectoryName(model.BasePath)! })
            Assert.Equal("MergeOverInput", Assert.Throws<HafsException>(() => Open(model, new MergeRequest { OutputPath = input })).Id);
    }

    [Fact]
    public void Weights_that_are_not_finite_after_the_merge_are_refused()
    {
        using var model = new TinyModel();
        (TinyTensor a, TinyTensor b) = model.Factors(Query, 4, TinyModel.Hidden, TinyModel.Hidden);
        a.Numbers[7] = float.NaN;
        model.WriteAdapter([], a, b);
        using AdapterMerge merge = Open(model, new MergeRequest { OutputPath = model.OutputPath });
        Assert.Equal("NotFinite", Assert.Throws<HafsException>(() => merge.Run(1, false, null, default)).Id);
        Assert.False(Directory.Exists(model.OutputPath));
    }

    internal static float[] Read(TensorRows rows)
    {
        // By uneven pieces, as tiles cut them.
        float[] numbers = new float[rows.Shape.ElementCount];
        for (long row = 0; row < rows.RowCount; row += 5)
            rows.Read(row, numbers.AsSpan((int)row * rows.RowLength, (int)Math.Min(5, rows.RowCount - row) * rows.RowLength));
        return numbers;
    }

    private static AdapterMerge Open(TinyModel model, MergeRequest request) => AdapterMerge.Open(new ModelSource(model.BasePath, model.AdapterPath), request);

    private static void Check(TinyModel model, params (string Name, float[] Numbers)[] expected)
    {
        using ModelFolder merged = ModelFolder.Open(new ModelSource(model.BasePath, model.AdapterPath));
        Assert.Equal(model.Base.Keys.Union(expected.Select(e => e.Name)).Order(), merged.Checkpoint.Tensors.Select(t => t.Name).Order());
        foreach (TensorInfo tensor in merged.Checkpoint.Tensors)
        {
            (string? name, float[]? numbers) = expected.FirstOrDefault(e => e.Name == tensor.Name);
            float[] found = Read(merged.Checkpoint.Open(tensor.Name));
            if (name is null)
                Assert.Equal(model.Base[tensor.Name].Numbers, found);
            else
                Assert.All(numbers!.Zip(found), p => Assert.Equal(p.First, p.Second, 2e-6f));
        }
    }

    /// <summary>Cancels at the first report.</summary>
    private sealed class Cancelling(CancellationTokenSource stop) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value) => stop.Cancel();
    }
}
