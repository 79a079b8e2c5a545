using HafsModels.Measurement;
using Xunit;

namespace HafsModels.Tests.Measurement;

public sealed class SizeTargetTests
{
    [Theory]
    [InlineData("4831838208", 4831838208)]
    [InlineData("4.5GB", 4831838208)]
    [InlineData("4.5 GiB", 4831838208)]
    [InlineData("700mb", 734003200)]
    [InlineData("2k", 2048)]
    [InlineData("1T", 1099511627776)]
    [InlineData("123 B", 123)]
    public void Sizes_are_read_as_powershell_writes_them(string text, long bytes) => Assert.Equal(bytes, SizeTarget.ParseBytes(text));

    [Theory]
    [InlineData("")]
    [InlineData("GB")]
    [InlineData("-1GB")]
    [InlineData("4.5GX")]
    [InlineData("4,5 GB")]
    [InlineData("NaN")]
    [InlineData("1e300GB")]
    public void What_is_no_size_is_refused(string text) => Assert.Equal("SizeNotUnderstood", Assert.Throws<HafsException>(() => SizeTarget.ParseBytes(text)).Id);
}
