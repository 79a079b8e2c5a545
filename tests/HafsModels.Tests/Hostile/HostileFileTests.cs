using System.Runtime.ExceptionServices;
using HafsModels.Formats;
using HafsModels.Formats.Gguf;
using HafsModels.Formats.ImportanceMatrices;
using Xunit;

namespace HafsModels.Tests.Hostile;

/// <summary>Every bad input gives one clear error: in time, with little memory, and without anything in it being run.</summary>
public sealed class HostileFileTests
{
    // Far above what any case takes; a reader that hangs fails its test instead of the whole run.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly Dictionary<string, HostileCase> Cases =
        HostileSafeTensors.All.Concat(HostileIndexes.All).Concat(HostilePyTorch.All).Concat(HostileGguf.All).Concat(HostileImportance.All).ToDictionary(c => c.Name, StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_file_gives_one_clear_error(string name)
    {
        HostileCase bad = Cases[name];
        using var folder = new HostileFolder(bad.Files());
        long allocated = 0;
        Exception? thrown = null;
        OnOwnThread(() =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            thrown = Record.Exception(() => Open(folder.PathOf(bad.Open)));
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        });

        HafsException error = Assert.IsType<HafsException>(thrown);
        Assert.Equal(bad.Id, error.Id);
        Assert.Contains(folder.Path, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 20, folder.Path.Length + 5000);
        Assert.InRange(allocated, 1, bad.MaxAllocatedBytes);
    }

    [Fact]
    public void A_refused_file_is_closed()
    {
        using var folder = new HostileFolder([("model.gguf", []), ("model.safetensors", []), ("pytorch_model.bin", [1, 2, 3, 4])]);
        foreach (string name in new[] { "model.gguf", "model.safetensors", "pytorch_model.bin" })
        {
            Assert.Throws<HafsException>(() => Open(folder.PathOf(name)));
            using FileStream exclusive = new(folder.PathOf(name), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("model.gguf")]
    public void A_folder_in_place_of_a_file_is_refused(string name)
    {
        using var folder = new HostileFolder([]);
        Directory.CreateDirectory(folder.PathOf(name));
        Assert.Throws<HafsException>(() => Open(folder.PathOf(name)));
    }

    internal static void Open(string path)
    {
        if (path.EndsWith(".gguf", StringComparison.Ordinal))
            GgufFile.Open(path).Dispose();
        else if (path.EndsWith(".imatrix", StringComparison.Ordinal))
            ImportanceMatrixFile.Read(path);
        else
            Checkpoint.OpenPath(path).Dispose();
    }

    private static void OnOwnThread(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        Assert.True(thread.Join(Patience), "the reader hangs");
        failure?.Throw();
    }
}
