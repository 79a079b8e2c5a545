namespace HafsModels.Tests.Hostile;

/// <summary>A bad input: the files to write, the one to open, and the error that must come.</summary>
/// <param name="Name">What is wrong with it, as a sentence part.</param>
/// <param name="Open">Name of the file to open.</param>
/// <param name="Id">Id of the expected error.</param>
/// <param name="Files">Makes the files: name and bytes.</param>
/// <param name="MaxAllocatedBytes">Most memory that refusing it may take.</param>
internal sealed record HostileCase(string Name, string Open, string Id, Func<(string Name, byte[] Bytes)[]> Files, long MaxAllocatedBytes = 1 << 20)
{
    public static HostileCase Of(string name, string file, string id, Func<byte[]> bytes, long maxAllocatedBytes = 1 << 20) =>
        new(name, file, id, () => [(file, bytes())], maxAllocatedBytes);
}
