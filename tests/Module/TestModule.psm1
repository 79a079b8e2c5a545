# What the suites share: the packaged module, and a registry with a copy of a trained model in a folder of its own.

$script:Root = (Resolve-Path "$PSScriptRoot/../..").Path

function Get-RepositoryRoot { $script:Root }

function Import-TestedModule { Import-Module "$script:Root/HafsModels.psd1" -Global }

# Whether a program of others, named by environment variables, is missing, so that what needs it is reported as skipped; with HAFS_REQUIRE_PEERS=1 it runs, and fails.
function Test-PeerMissing([string[]] $Name) { -not $env:HAFS_REQUIRE_PEERS -and @($Name | Where-Object { -not [Environment]::GetEnvironmentVariable($_) }).Count -gt 0 }

function New-TestRegistry([string] $Model = 'kjv-qwen2') {
    $folder = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) "hafs tëst $([guid]::NewGuid())")
    Copy-Item -Recurse "$script:Root/tests/models/$Model" $folder.FullName
    [pscustomobject]@{ Folder = $folder.FullName; Registry = "$($folder.FullName)/registry.json"; Model = "$($folder.FullName)/$Model"; Id = $Model }
}

# A model of 1.2 billion weights, all zero in a file that takes no disk: long enough to convert to be stopped on the way.
function New-LargeModel([string] $Parent) {
    $folder = New-Item -ItemType Directory -Path "$Parent/large"
    $small = "$script:Root/tests/models/kjv-llama"
    Copy-Item "$small/tokenizer*.json" $folder
    $config = Get-Content -Raw "$small/config.json" | ConvertFrom-Json
    $config.intermediate_size = 393216
    $config | ConvertTo-Json | Set-Content "$folder/config.json"

    $source = [IO.File]::OpenRead("$small/model.safetensors")
    $reader = [IO.BinaryReader]::new($source)
    $header = [Text.Encoding]::UTF8.GetString($reader.ReadBytes($reader.ReadInt64())) | ConvertFrom-Json -AsHashtable
    $source.Dispose()
    $header.Remove('__metadata__')
    [long] $offset = 0
    foreach ($name in @($header.Keys)) {
        $shape = @($header[$name].shape | ForEach-Object { $_ -eq 512 ? 393216 : $_ })
        [long] $bytes = 2
        foreach ($size in $shape) { $bytes *= $size }
        $header[$name].shape = $shape
        $header[$name].data_offsets = @($offset, ($offset + $bytes))
        $offset += $bytes
    }
    $json = [Text.Encoding]::UTF8.GetBytes(($header | ConvertTo-Json -Depth 5 -Compress))
    $file = [IO.File]::Create("$folder/model.safetensors")
    $writer = [IO.BinaryWriter]::new($file)
    $writer.Write([long]$json.Length)
    $writer.Write($json)
    $file.SetLength(8 + $json.Length + $offset)
    $file.Dispose()
    $folder.FullName
}

# Runs a script in a runspace of its own, so that it can be stopped as Ctrl+C stops it.
function Start-Pipeline([string] $Script) {
    $state = [initialsessionstate]::CreateDefault()
    $state.ImportPSModule(@("$script:Root/HafsModels.psd1"))
    $shell = [powershell]::Create($state)
    $null = $shell.AddScript($Script)
    [pscustomobject]@{ Shell = $shell; Running = $shell.BeginInvoke() }
}

Export-ModuleMember -Function *
