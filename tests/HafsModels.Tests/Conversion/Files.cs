using Xunit;

namespace HafsModels.Tests.Conversion;

/// <summary>Whole files.</summary>
internal static class Files
{
    /// <summary>Asserts that two files hold the same bytes; says where they part.</summary>
    public static void Same(string expected, string actual)
    {
        byte[] a = File.ReadAllBytes(expected), b = File.ReadAllBytes(actual);
        int same = a.AsSpan().CommonPrefixLength(b);
        Assert.True(same == a.Length && same == b.Length, $"{Path.GetFileName(actual)} differs from byte {same} on; {b.Length} bytes, expected {a.Length}");
    }
}
