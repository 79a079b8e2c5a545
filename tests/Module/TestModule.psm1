# What the suites share: the packaged module, and a registry with a copy of a trained model in a folder of its own.

$script:Root = (Resolve-Path "$PSScriptRoot/../..").Path

function Get-RepositoryRoot { $script:Root }

function Import-TestedModule { Import-Module "$script:Root/HafsModels.psd1" -Global }

function New-TestRegistry([string] $Model = 'kjv-qwen2') {
    $folder = New-Item -ItemType Directory -Path (Join-Path ([IO.Path]::GetTempPath()) "hafs tëst $([guid]::NewGuid())")
    Copy-Item -Recurse "$script:Root/tests/models/$Model" $folder.FullName
    [pscustomobject]@{ Folder = $folder.FullName; Registry = "$($folder.FullName)/registry.json"; Model = "$($folder.FullName)/$Model"; Id = $Model }
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
