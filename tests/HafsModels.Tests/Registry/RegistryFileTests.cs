using System.Runtime.Versioning;
using System.Text;
using HafsModels.Registry;
using Xunit;

namespace HafsModels.Tests.Registry;

public sealed class RegistryFileTests
{
    // As hafs 14ff9ed has it, but for what its guide's example lacks (eval_loss, checkpoint_path, adapter_path), keys nobody knows, and
    // spellings Python would not choose.
    private const string Foreign = """
        {
          "version": "1.0",
          "future_top": {"a": [1, 2.50, 1E5]},
          "updated_at": "2025-12-22T10:00:00.000001",
          "models": {
            "farore": {
              "model_id": "farore",
              "zz_unknown": {"deep": [NaN, -Infinity, 1e400, 123456789012345678901234567890]},
              "display_name": "Oracle: Farore \/ Secrets",
              "version": "v1",
              "base_model": null,
              "role": "asm",
              "group": "rom-tooling",
              "training_date": "2025-12-22T10:00:00",
              "training_duration_minutes": 90,
              "dataset_name": "alttp",
              "dataset_path": "D:\\data",
              "train_samples": 1000.0,
              "val_samples": 100,
              "test_samples": 10,
              "dataset_quality": {"acceptance_rate": 0.60},
              "final_loss": NaN,
              "best_loss": 1.50,
              "perplexity": null,
              "lora_config": {},
              "hyperparameters": {"lr": 2E-4, "betas": [0.9, 0.999], "x": {"y": "ü"}},
              "hardware": "windows-rtx-5060",
              "device": "cuda",
              "model_path": "D:\\models\\farore",
              "tags": ["a"],
              "unknown_last": "kept"
            },
            "other": {"model_id": "other", "tags": []}
          }
        }
        """;

    [Fact]
    public void An_edit_keeps_unknown_keys_their_order_and_the_spelling_of_all_it_does_not_touch()
    {
        using var scratch = new ScratchRegistry(Foreign);
        scratch.Registry.Update("farore", m => m with { Role = "debug", Tags = ["a", "b"] }, default);
        string text = scratch.Text;
        foreach (string kept in new[]
        {
            "2.50", "1E5", "1e400", "123456789012345678901234567890", "\"Oracle: Farore \\/ Secrets\"", "\"base_model\": null", "1000.0", "0.60", "\"final_loss\": NaN",
            "\"best_loss\": 1.50", "2E-4", "\"y\": \"\\u00fc\"", "\"unknown_last\": \"kept\"", "\"role\": \"debug\"", "\"eval_loss\": null", "\"checkpoint_path\": null", "\"adapter_path\": null",
        })
            Assert.Contains(kept, text, StringComparison.Ordinal);
        string[] order = ["\"version\"", "\"future_top\"", "\"updated_at\"", "\"farore\"", "\"zz_unknown\"", "\"display_name\"", "\"best_loss\"", "\"eval_loss\"", "\"perplexity\"", "\"model_path\"", "\"checkpoint_path\"", "\"formats\"", "\"tags\"", "\"unknown_last\"", "\"other\""];
        int at = -1;
        foreach (string key in order)
        {
            int next = text.IndexOf(key, at + 1, StringComparison.Ordinal);
            Assert.True(next > at, key);
            at = next;
        }
    }

    [Fact]
    public void What_hafs_would_stumble_over_is_told_and_missing_keys_are_gone_after_a_write()
    {
        using var scratch = new ScratchRegistry(Foreign);
        Assert.Equal(["zz_unknown", "unknown_last"], Of(RegistryProblemKind.UnknownKey, "farore"));
        Assert.Equal(["eval_loss", "checkpoint_path", "adapter_path"], Of(RegistryProblemKind.MissingKey, "farore"));
        Assert.Equal(["base_model"], Of(RegistryProblemKind.WrongType, "farore"));

        scratch.Registry.Add(new Model { Id = "new" }, false, default);
        Assert.DoesNotContain(scratch.Registry.Problems, p => p.Kind == RegistryProblemKind.MissingKey);
        Assert.Equal("other", scratch.Registry.Get("other").DisplayName);

        string[] Of(RegistryProblemKind kind, string id) => [.. scratch.Registry.Problems.Where(p => p.Kind == kind && p.ModelId == id).Select(p => p.Key!)];
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_byte_order_mark_is_read_told_and_left_out_of_the_next_write(string encoding)
    {
        using var scratch = new ScratchRegistry();
        File.WriteAllText(scratch.Path, "{\"version\": \"1.0\", \"models\": {}}", Encoding.GetEncoding(encoding));
        Assert.Equal(RegistryProblemKind.ByteOrderMark, Assert.Single(scratch.Registry.Problems).Kind);
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        Assert.Equal((byte)'{', File.ReadAllBytes(scratch.Path)[0]);
        Assert.Equal(["a"], HafsLoader.Load(File.ReadAllBytes(scratch.Path)).Ids);
    }

    [Theory]
    [InlineData("", "the file is empty")]
    [InlineData("{\"version\": \"1.0\",\n \"models\": {\"a\": {\"model_id\": \"a\"", "line 2, column")]
    [InlineData("{\"models\": {\"a\": 01}}", "column 19")]
    [InlineData("{\"models\": {\"a\": {},}}", "a key in double quotes is expected")]
    [InlineData("{\"models\": []}", "\"models\" is not an object")]
    [InlineData("[]", "the file holds no object")]
    [InlineData("{\"models\": {}} x", "more text follows")]
    [InlineData("{\"models\": {\"a\\q\": 1}}", "'\\q' is no escape")]
    public void A_damaged_registry_lists_nothing_refuses_every_write_and_says_how_to_restore(string content, string reason)
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        scratch.Registry.Add(new Model { Id = "b" }, false, default);
        File.WriteAllText(scratch.Path, content);
        File.SetLastWriteTimeUtc(scratch.Path, DateTime.UtcNow.AddMinutes(-1));

        HafsException error = Assert.Throws<HafsException>(() => scratch.Registry.Find(new ModelQuery()));
        Assert.Equal((ErrorKind.InvalidData, "RegistryDamaged"), (error.Kind, error.Id));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("Restore-ModelRegistry", error.Hint, StringComparison.Ordinal);
        Assert.Equal("RegistryDamaged", Assert.Throws<HafsException>(() => scratch.Registry.Add(new Model { Id = "c" }, true, default)).Id);
        Assert.Equal(content, scratch.Text);
    }

    [Fact]
    public void Nesting_without_end_and_bytes_that_are_no_text_are_damage()
    {
        using var scratch = new ScratchRegistry(string.Concat(Enumerable.Repeat("{\"a\":", 100_000)));
        File.SetLastWriteTimeUtc(scratch.Path, DateTime.UtcNow.AddMinutes(-1));
        Assert.Contains("nested deeper than", Assert.Throws<HafsException>(() => scratch.Registry.Find(new ModelQuery())).Message, StringComparison.Ordinal);
        File.WriteAllBytes(scratch.Path, [(byte)'{', 0xFF, (byte)'}']);
        File.SetLastWriteTimeUtc(scratch.Path, DateTime.UtcNow.AddMinutes(-2));
        Assert.Contains("not UTF-8", Assert.Throws<HafsException>(() => scratch.Registry.Find(new ModelQuery())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_from_the_future_is_read_and_never_written()
    {
        const string Future = "{\"version\": \"2.0\", \"models\": {\"a\": {\"model_id\": \"a\"}}}";
        using var scratch = new ScratchRegistry(Future);
        Assert.Equal("a", scratch.Registry.Get("a").Id);
        Assert.Contains(scratch.Registry.Problems, p => p.Kind == RegistryProblemKind.FutureVersion);
        HafsException error = Assert.Throws<HafsException>(() => scratch.Registry.Remove("a", default));
        Assert.Equal((ErrorKind.Unsupported, "RegistryFromTheFuture"), (error.Kind, error.Id));
        Assert.Equal(Future, scratch.Text);
    }

    [Fact]
    public void Of_two_records_with_one_id_the_last_counts_and_both_stay()
    {
        using var scratch = new ScratchRegistry("{\"models\": {\"a\": {\"role\": \"first\"}, \"b\": {\"model_id\": \"c\"}, \"a\": {\"role\": \"last\"}, \"n\": 3}}");
        Assert.Equal("last", scratch.Registry.Get("a").Role);
        Assert.Equal(["a", "b"], scratch.Registry.Find(new ModelQuery()).Select(m => m.Id));
        Assert.Contains(scratch.Registry.Problems, p => p is { Kind: RegistryProblemKind.DuplicateId, ModelId: "a" });
        Assert.Contains(scratch.Registry.Problems, p => p is { Kind: RegistryProblemKind.IdMismatch, ModelId: "b" });
        Assert.Contains(scratch.Registry.Problems, p => p is { Kind: RegistryProblemKind.NotARecord, ModelId: "n" });
        scratch.Registry.Update("a", m => m with { Role = "new" }, default);
        Assert.Contains("\"role\": \"first\"", scratch.Text, StringComparison.Ordinal);
        Assert.Contains("\"n\": 3", scratch.Text, StringComparison.Ordinal);
        Assert.Equal("new", scratch.Registry.Get("a").Role);
    }

    [Fact]
    public void A_damaged_sidecar_leaves_models_listed_and_refuses_every_write()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        File.WriteAllText(scratch.Sidecar, "{\"models\": {");
        Assert.Equal("a", scratch.Registry.Get("a").Id);
        Assert.Equal(RegistryProblemKind.SidecarDamaged, Assert.Single(scratch.Registry.Problems).Kind);
        HafsException error = Assert.Throws<HafsException>(() => scratch.Registry.Remove("a", default));
        Assert.Equal((ErrorKind.InvalidData, "RegistrySidecarDamaged"), (error.Kind, error.Id));
    }

    [Fact]
    public void Entries_of_the_sidecar_that_nobody_here_understands_are_kept()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        File.WriteAllText(scratch.Sidecar, "{\"version\": \"1.3\", \"top\": 1.50, \"models\": {\"a\": {\"novel\": [1], \"artifacts\": [{\"strange\": true}]}, \"gone\": {\"x\": 1}}}");
        scratch.Registry.AddDeployment(Samples.Deployment("a", "Ollama", "a"), default);
        string text = File.ReadAllText(scratch.Sidecar);
        foreach (string kept in new[] { "\"1.3\"", "1.50", "\"novel\"", "\"strange\": true", "\"gone\"" })
            Assert.Contains(kept, text, StringComparison.Ordinal);
        Assert.Single(scratch.Registry.Get("a").Deployments);
        Assert.Empty(scratch.Registry.Get("a").Artifacts);
    }

    [Fact]
    public void What_hafs_writes_while_an_edit_is_under_way_is_not_lost()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        int calls = 0;
        scratch.Registry.Update(
            "a",
            m =>
            {
                if (calls++ == 0)
                    File.WriteAllText(scratch.Path, scratch.Text.Replace("\"hardware\": \"\"", "\"hardware\": \"by hafs\"", StringComparison.Ordinal));
                return m with { Role = "asm" };
            },
            default);
        Assert.Equal(2, calls);
        Assert.Equal(("asm", "by hafs"), (scratch.Registry.Get("a").Role, scratch.Registry.Get("a").Hardware));
    }

    [Fact]
    public void A_file_that_hafs_is_just_writing_is_waited_for()
    {
        using var scratch = new ScratchRegistry();
        scratch.Registry.Add(new Model { Id = "a" }, false, default);
        string whole = scratch.Text;
        File.WriteAllText(scratch.Path, whole[..100]);

        // A thread of its own: the pool may be busy with other tests for longer than a reader waits.
        using var running = new ManualResetEventSlim();
        var hafs = new Thread(() =>
        {
            running.Set();
            Thread.Sleep(30);
            File.WriteAllText(scratch.Path, whole);
        });
        hafs.Start();
        running.Wait();
        Assert.Single(scratch.Registry.Find(new ModelQuery()));
        hafs.Join();
    }

    [Fact]
    public void A_reader_sees_a_change_of_the_same_length_within_the_same_tick()
    {
        using var scratch = new ScratchRegistry("{\"models\": {\"a\": {\"role\": \"x\"}}}");
        DateTime tick = File.GetLastWriteTimeUtc(scratch.Path);
        Assert.Equal("x", scratch.Registry.Get("a").Role);
        File.WriteAllText(scratch.Path, "{\"models\": {\"a\": {\"role\": \"y\"}}}");
        File.SetLastWriteTimeUtc(scratch.Path, tick);
        Assert.Equal("y", scratch.Registry.Get("a").Role);
    }

    [Fact]
    public void A_lock_that_is_held_ends_in_a_clear_error()
    {
        using var scratch = new ScratchRegistry();
        using var held = RegistryLock.Acquire(scratch.Path, TimeSpan.FromSeconds(1), default);
        HafsException error = Assert.Throws<HafsException>(() => ModelRegistry.Open(scratch.Path, TimeSpan.FromMilliseconds(50)).Add(new Model { Id = "a" }, false, default));
        Assert.Equal((ErrorKind.Conflict, "RegistryLocked"), (error.Kind, error.Id));
        using var cancel = new CancellationTokenSource(50);
        Assert.ThrowsAny<OperationCanceledException>(() => scratch.Registry.Add(new Model { Id = "a" }, false, cancel.Token));
    }

    [SkippableFact]
    [UnsupportedOSPlatform("windows")]
    public void A_write_keeps_the_mode_of_the_file_and_follows_a_link()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes, and links there need rights.");
        using var scratch = new ScratchRegistry("{\"models\": {}}");
        File.SetUnixFileMode(scratch.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string link = Path.Combine(scratch.Folder, "link.json");
        File.CreateSymbolicLink(link, scratch.Path);
        ModelRegistry.Open(link).Add(new Model { Id = "a" }, false, default);
        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(scratch.Path));
        Assert.Single(scratch.Registry.Find(new ModelQuery()));
    }
}
