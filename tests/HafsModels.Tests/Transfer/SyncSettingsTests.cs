using HafsModels.Transfer;
using Xunit;

namespace HafsModels.Tests.Transfer;

public sealed class SyncSettingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hafsmodels-sync-").FullName;

    [Fact]
    public void Mounts_hosts_and_preferences_are_read_and_all_else_is_passed_over()
    {
        SyncSettings settings = Load("""
            [mounts.mm-d]
            local_path = "~/Mounts/mm-d"
            remote_path = "D:/"
            [hosts.rig]
            hostname = "rig.lan"
            username = "Administrator"
            ssh_key = "~/.ssh/rig"
            [hosts.nas]
            hostname = "nas"
            platform = "linux"
            [[profiles]]
            name = "nightly"
            [preferences]
            transfer_method = "mount"
            ssh_timeout = 20
            retry_on_failure = false
            max_retries = 5
            [deployment]
            local_models_dir = "~/models"
            halext_nodes = ["a"]
            """);
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal("D:/training/a", new PathMounts(settings.Mounts).ToRemote(PortablePath.Parse(home + "/Mounts/mm-d/training/a", PathStyle.Posix))!.ToString());
        Assert.Equal(new SyncHost("rig", "rig.lan", "Administrator", "windows", Path.Combine(home, ".ssh/rig")), settings.Hosts[0]);
        Assert.True(settings.Hosts[0].IsWindows);
        Assert.Equal(new SyncHost("nas", "nas", null, "linux", null), settings.Hosts[1]);
        Assert.Equal(new SyncPreferences("mount", TimeSpan.FromSeconds(20), false, 5), settings.Preferences);
        Assert.Equal(Path.Combine(home, "models"), settings.LocalModels);
    }

    [Fact]
    public void An_empty_file_means_the_preferences_of_hafs()
    {
        SyncSettings settings = Load("");
        Assert.Equal(new SyncPreferences(null, TimeSpan.FromMinutes(5), true, 3), settings.Preferences);
        Assert.Empty(settings.Hosts);
        Assert.Empty(settings.Mounts);
    }

    [Theory]
    [InlineData("[hosts.rig]\nusername = 'me'", "[hosts.rig] has no hostname")]
    [InlineData("[mounts.d]\nlocal_path = '/mnt/d'", "[mounts.d] has no remote_path")]
    [InlineData("[mounts.d]\nlocal_path = 7", "mounts.d.local_path is 7; it must be text")]
    [InlineData("mounts = 'all'", "mounts is \"all\"; it must be a table")]
    [InlineData("[preferences]\nssh_timeout = 0", "preferences.ssh_timeout is 0; it must be a number from 1 to 86400")]
    [InlineData("[preferences]\nretry_on_failure = 1", "preferences.retry_on_failure is 1; it must be true or false")]
    public void A_value_that_cannot_be_is_refused_by_name(string text, string message)
    {
        var error = Assert.Throws<HafsException>(() => Load(text));
        Assert.Equal(ErrorKind.InvalidData, error.Kind);
        Assert.EndsWith("sync.toml: " + message, error.Message);
    }

    [Fact]
    public void A_file_that_was_named_must_be_there() =>
        Assert.Equal(ErrorKind.NotFound, Assert.Throws<HafsException>(() => SyncSettings.Load(Path.Combine(folder, "other.toml"))).Kind);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private SyncSettings Load(string text)
    {
        string file = Path.Combine(folder, "sync.toml");
        File.WriteAllText(file, text);
        return SyncSettings.Load(file);
    }
}
