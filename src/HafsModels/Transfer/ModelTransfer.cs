using System.Diagnostics;
using HafsModels.Registry;
using HafsModels.Transfer.Remote;

namespace HafsModels.Transfer;

/// <summary>Brings models from other machines and sends them there: through a mount where one holds the path, else through ssh.</summary>
public static class ModelTransfer
{
    private static readonly PathStyle Here = OperatingSystem.IsWindows() ? PathStyle.Windows : PathStyle.Posix;

    /// <summary>Location of this machine, as hafs names it.</summary>
    private static string HereName => OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "mac" : "cloud";

    /// <summary>What receiving a model would do.</summary>
    public static TransferPlan PlanReceive(Model model, TransferRequest request, SyncSettings settings)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(settings);
        (string location, string? given) = Split(request.Host ?? model.PrimaryLocation);
        string path = given ?? model.Locations.GetValueOrDefault(location) ?? model.Locations.GetValueOrDefault(model.PrimaryLocation) ?? model.Path;
        if (request.Host is null && (File.Exists(path) || Directory.Exists(path)))
            throw new HafsException(ErrorKind.InvalidArgument, "ModelIsHere", $"{model.Id} is on this machine already: {path}", model.Id, "Name another source: -Source (--source).");
        string leaf = Path.GetFileName(path.Replace('\\', '/').TrimEnd('/'));
        bool isFile = leaf.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
        string folder = settings.LocalModels ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "Code", "hafs", "models");
        string target = request.Destination is not { } chosen ? Path.Combine(folder, model.Id, isFile ? leaf : "")
            : Directory.Exists(chosen) && !HoldsModel(chosen) ? Path.Combine(chosen, isFile ? leaf : model.Id)
            : chosen;
        string? mounted = Mounted(path, settings, mustExist: true);
        SyncHost? host = mounted is null ? Host(location, path, settings, request.Host is not null) : null;
        return new TransferPlan
        {
            ModelId = model.Id,
            From = mounted ?? path,
            To = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)),
            Location = request.Location ?? FreeName(model, location),
            Method = mounted is null ? "ssh" : "mount",
            IsReceived = true,
            Source = host is null ? new LocalFiles() : new SshFiles(host, settings.Preferences),
            Target = new LocalFiles(),
        };
    }

    /// <summary>What sending a model would do.</summary>
    public static TransferPlan PlanSend(Model model, TransferRequest request, SyncSettings settings)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(settings);
        (string location, string? given) = Split(request.Host ?? throw new HafsException(ErrorKind.InvalidArgument, "HostMissing", "No machine is named to send to.", model.Id));
        string source = new[] { model.Path, model.Locations.GetValueOrDefault(HereName) }.Concat(model.Locations.Values).FirstOrDefault(p => p is { Length: > 0 } && (File.Exists(p) || Directory.Exists(p)))
            ?? throw new HafsException(ErrorKind.NotFound, "ModelNotHere", $"{model.Id} is not on this machine: {model.Path} is not there", model.Id, "Receive it first: Receive-Model (hafs models pull).");
        string path = given ?? "models/" + model.Id + (File.Exists(source) ? "/" + Path.GetFileName(source) : "");
        string? mounted = given is null ? null : Mounted(path, settings, mustExist: false);
        SyncHost? host = mounted is null ? Host(location, path, settings, isGiven: true) : null;
        return new TransferPlan
        {
            ModelId = model.Id,
            From = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)),
            To = mounted ?? path,
            Location = request.Location ?? location,
            Method = mounted is null ? "ssh" : "mount",
            IsReceived = false,
            Source = new LocalFiles(),
            Target = host is null ? new LocalFiles() : new SshFiles(host, settings.Preferences),
            RecordedPath = mounted is null ? null : path,
        };
    }

    /// <summary>Moves the files, and ends the plan's connections; the registry is not touched.</summary>
    public static async Task<TransferResult> RunAsync(TransferPlan plan, SyncSettings settings, IProgress<WorkProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(settings);
        using IModelFiles source = plan.Source, target = plan.Target;
        long started = Stopwatch.GetTimestamp();
        string to = TrimEnd(await target.ResolveAsync(plan.To, cancellationToken));
        var copy = new FolderCopy(source, target, settings.Preferences, progress);
        (int files, long bytes, long kept) = await copy.RunAsync(plan.From, to, $"{(plan.IsReceived ? "Receiving" : "Sending")} {plan.ModelId}", cancellationToken);
        return new TransferResult
        {
            ModelId = plan.ModelId,
            Location = plan.Location,
            Path = plan.RecordedPath ?? to,
            Method = plan.Method,
            Files = files,
            Bytes = bytes,
            ResumedBytes = kept,
            Duration = Stopwatch.GetElapsedTime(started),
        };
    }

    /// <summary>The record with the copy in it. A received model's path becomes the copy's where the one it had is not on this machine; that one stays among the locations.</summary>
    public static Model Record(Model model, TransferPlan plan, TransferResult result)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(result);
        var locations = model.Locations.ToDictionary(StringComparer.Ordinal);
        bool moves = plan.IsReceived && !File.Exists(model.Path) && !Directory.Exists(model.Path);
        if (moves && model.Path.Length > 0)
            locations.TryAdd(model.PrimaryLocation, model.Path);
        locations[result.Location] = result.Path;
        return model with { Locations = locations, Path = moves ? result.Path : model.Path };
    }

    // HOST or HOST:PATH
    private static (string Host, string? Path) Split(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon is 0 or 1 && PathStyle.Windows == PortablePath.Detect(text) || text.StartsWith('/') || colon == 0)
            throw new HafsException(ErrorKind.InvalidArgument, "HostMissing", $"'{text}' is a path without a machine", text, "Write HOST:PATH.");
        return colon < 0 ? (text, null) : (text[..colon], colon == text.Length - 1 ? null : text[(colon + 1)..]);
    }

    private static string? Mounted(string path, SyncSettings settings, bool mustExist)
    {
        string method = settings.Preferences.TransferMethod ?? "";
        if (method is "ssh" or "scp" or "sftp")
            return null;
        PortablePath parsed = PortablePath.Parse(path, PortablePath.Detect(path));
        string? local = new PathMounts([.. settings.Mounts.Where(m => Directory.Exists(m.Local.ToString()))]).ToLocal(parsed)?.Write(Here);
        if (local is not null && mustExist && !File.Exists(local) && !Directory.Exists(local))
            local = null;
        if (local is null && method == "mount")
            throw new HafsException(ErrorKind.NotFound, "MountMissing", $"no mount of sync.toml that is there holds {path}, and transfer_method allows mounts only", path, "Mount it, or take transfer_method out of [preferences].");
        return local;
    }

    private static SyncHost Host(string name, string path, SyncSettings settings, bool isGiven)
    {
        SyncHost[] ofPlatform = [.. settings.Hosts.Where(h => h.Platform.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return settings.Hosts.FirstOrDefault(h => h.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? settings.Hosts.FirstOrDefault(h => h.HostName.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? (ofPlatform.Length == 1 ? ofPlatform[0] : null)
            ?? (isGiven ? new SyncHost(name, name, null, PortablePath.Detect(path) == PathStyle.Windows ? "windows" : "posix", null) : null)
            ?? throw new HafsException(ErrorKind.NotFound, "HostUnknown", $"The model lies at '{name}', and sync.toml says of no machine that it is '{name}'", name, "Name the machine: -Source (--source).");
    }

    // A name that another copy has stays that copy's.
    private static string FreeName(Model model, string source)
    {
        string name = HereName;
        bool taken = name == source || (model.Locations.TryGetValue(name, out string? path) && !File.Exists(path) && !Directory.Exists(path));
        return taken ? Environment.MachineName.ToLowerInvariant() : name;
    }

    // The folder an earlier transfer of the same command wrote, perhaps without coming to record it.
    private static bool HoldsModel(string folder) => File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "adapter_config.json"));

    private static string TrimEnd(string path) => path.Length > 1 && path[^2] != ':' ? path.TrimEnd('/', '\\') : path;
}
