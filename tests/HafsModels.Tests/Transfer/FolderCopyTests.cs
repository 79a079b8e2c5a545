using HafsModels.Transfer;
using HafsModels.Transfer.Remote;
using Xunit;

namespace HafsModels.Tests.Transfer;

/// <summary>How a copy goes on when its source fails again and again.</summary>
public sealed class FolderCopyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafsmodels-copy-").FullName;

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public async Task A_source_that_breaks_after_each_file_is_tried_again_as_long_as_files_arrive_and_none_is_read_twice(int retries, bool succeeds)
    {
        string model = Directory.CreateDirectory(folder + "/model").FullName;
        for (int i = 0; i < 6; i++)
            File.WriteAllText($"{model}/{i}", new string('x', 1000 + i));
        using var source = new BreakingFiles();
        using var target = new LocalFiles();
        var copy = new FolderCopy(source, target, new SyncPreferences(null, TimeSpan.FromSeconds(1), RetryOnFailure: true, retries), null);
        if (!succeeds)
        {
            Assert.Equal(ErrorKind.Unavailable, (await Assert.ThrowsAsync<HafsException>(() => copy.RunAsync(model, folder + "/copy", "", default))).Kind);
            return;
        }

        await copy.RunAsync(model, folder + "/copy", "", default);
        Assert.Equal(["0", "1", "2", "3", "4", "5"], source.Taken.Select(Path.GetFileName).Order());
        Assert.All(Directory.GetFiles(model), file => Assert.Equal(File.ReadAllText(file), File.ReadAllText(Path.Combine(folder, "copy", Path.GetFileName(file)))));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    // This machine's files, of which each command reads one and breaks.
    private sealed class BreakingFiles : IModelFiles
    {
        private readonly LocalFiles files = new();

        public System.Collections.Concurrent.ConcurrentQueue<string> Taken { get; } = new();

        public string Name => files.Name;

        public PathStyle Style => files.Style;

        public Task<string> ResolveAsync(string path, CancellationToken cancellationToken) => files.ResolveAsync(path, cancellationToken);

        public Task<IReadOnlyList<RemoteFile>?> ListAsync(string path, CancellationToken cancellationToken) => files.ListAsync(path, cancellationToken);

        public Task<long?> FreeBytesAsync(string path, CancellationToken cancellationToken) => files.FreeBytesAsync(path, cancellationToken);

        public async Task ReadAsync(IReadOnlyList<FileRange> files, Func<int, Stream, Task> take, Action<int, string> hashed, CancellationToken cancellationToken)
        {
            Taken.Enqueue(files[0].Path);
            await this.files.ReadAsync([files[0]], take, hashed, cancellationToken);
            if (files.Count > 1)
                throw new HafsException(ErrorKind.Unavailable, "HostUnreachable", "The connection broke.");
        }

        public Task<string> WriteAsync(string path, long offset, Stream content, CancellationToken cancellationToken) => files.WriteAsync(path, offset, content, cancellationToken);

        public Task<string> HashAsync(string path, CancellationToken cancellationToken) => files.HashAsync(path, cancellationToken);

        public Task MoveAsync(string from, string to, CancellationToken cancellationToken) => files.MoveAsync(from, to, cancellationToken);

        public void Dispose() => files.Dispose();
    }
}
