<#
.SYNOPSIS
    Builds, tests or packages HafsModels.
.DESCRIPTION
    A thin front for dotnet: the work is done by the projects, so machines without PowerShell can do the same.
.PARAMETER Task
    Build (everything), Test (all tests), Package (the importable module in out/HafsModels), TestModule (package, then the Pester suites),
    Help (package, then write the cmdlets' parameters into docs/cmdlets and Get-Help's file).
.EXAMPLE
    ./build.ps1 Package; Import-Module ./HafsModels.psd1
#>
[CmdletBinding()]
param(
    [Parameter(Position = 0)]
    [ValidateSet('Build', 'Test', 'Package', 'TestModule', 'Help')]
    [string] $Task = 'Build',

    [ValidateSet('Release', 'Debug')]
    [string] $Configuration = 'Release'
)

$ErrorActionPreference = 'Stop'
Push-Location $PSScriptRoot
try {
    switch ($Task) {
        'Build' { dotnet build HafsModels.slnx -c $Configuration }
        'Test' { dotnet test -c $Configuration }
        { $_ -in 'Package', 'TestModule', 'Help' } { dotnet build src/HafsModels.PowerShell -c $Configuration -t:PackageModule }
    }
    if ($LASTEXITCODE -ne 0) { throw "$Task failed" }
    if ($Task -eq 'TestModule') { & ./tests/Module/Invoke-ModuleTests.ps1 }
    if ($Task -eq 'Help') { & ./docs/cmdlets/Update-Help.ps1 }
}
finally {
    Pop-Location
}
