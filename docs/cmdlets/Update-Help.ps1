<#
.SYNOPSIS
    Writes what the cmdlets themselves say into their help: SYNTAX and PARAMETERS of docs/cmdlets/*.md, then the MAML file that Get-Help shows.
.DESCRIPTION
    Synopsis, description, examples and outputs are written by hand in the Markdown files and stay. Parameters are described by the documentation
    comments of the cmdlet classes. A cmdlet without a page gets one to fill in. Package the module first (./build.ps1 Package).
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$root = Split-Path (Split-Path $PSScriptRoot)
Import-Module (Join-Path $root 'out/HafsModels/HafsModels.psd1') -Force
[xml] $comments = Get-Content -Raw (Join-Path $root 'src/HafsModels.PowerShell/bin/Release/net10.0/HafsModels.PowerShell.xml')
$texts = @{}
foreach ($member in $comments.doc.members.member) {
    $summary = $member.SelectSingleNode('summary')
    if (-not $summary) { continue }
    $xml = $summary.InnerXml -replace '<see cref="[A-Z]:(?:[^"]*\.)?([^".]+)"\s*/>', '$1' -replace '<see langword="([^"]+)"\s*/>', '$1' -replace '</?(c|paramref|para)\b[^>]*>', ''
    $texts[$member.name] = ([Net.WebUtility]::HtmlDecode($xml) -replace '\s+', ' ').Trim()
}
$shared = @{ WhatIf = 'Says what would happen, and does nothing.'; Confirm = 'Asks before anything happens.' }
$ns = @{
    maml    = 'http://schemas.microsoft.com/maml/2004/10'
    command = 'http://schemas.microsoft.com/maml/dev/command/2004/10'
    dev     = 'http://schemas.microsoft.com/maml/dev/2004/10'
}
$common = [Management.Automation.PSCmdlet]::CommonParameters

function Get-Text($command, $name) {
    if ($shared[$name]) { return $shared[$name] }
    for ($type = $command.ImplementingType; $type; $type = $type.BaseType) {
        $text = $texts["P:$($type.FullName).$name"]
        if ($text) { return $text }
    }
    throw "$($command.Name) -$name has no documentation comment"
}

function Get-Syntax($command) {
    foreach ($set in $command.ParameterSets | Sort-Object { -not $_.IsDefault }, Name) {
        "### $($set.Name)$(if ($set.IsDefault -and $set.Name -ne '__AllParameterSets') { ' (Default)' })`n`n``````"
        $line = $set.ToString() -replace '\s+', ' '
        "$($command.Name) $line".Trim()
        "```````n"
    }
}

function Get-Parameters($command) {
    foreach ($name in ($command.Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object -Culture '')) {
        $parameter = $command.Parameters[$name]
        $wildcards = [bool]($parameter.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] })
        "### -$name`n`n$(Get-Text $command $name)`n`n``````yaml`nType: $($parameter.ParameterType.ToString())`nSupportsWildcards: $("$wildcards".ToLowerInvariant())"
        "Aliases: [$($parameter.Aliases -join ', ')]`nParameterSets:"
        foreach ($set in $command.ParameterSets | Sort-Object Name) {
            $use = $set.Parameters | Where-Object Name -EQ $name
            if (-not $use) { continue }
            $everywhere = $set.Name -eq '__AllParameterSets'
            "- Name: $(if ($everywhere) { '(All)' } else { $set.Name })`n  Position: $(if ($use.Position -lt 0) { 'Named' } else { $use.Position })`n  IsRequired: $("$($use.IsMandatory)".ToLowerInvariant())"
            "  ValueFromPipeline: $("$($use.ValueFromPipeline)".ToLowerInvariant())`n  ValueFromPipelineByPropertyName: $("$($use.ValueFromPipelineByPropertyName)".ToLowerInvariant())"
        }
        "```````n"
    }
}

function Get-Section($text, $title) {
    $match = [regex]::Match($text, "(?ms)^## $title\n(.*?)(?=^## |\z)")
    if ($match.Success) { $match.Groups[1].Value.Trim() }
}

function Update-Page($command, $path) {
    $page = if (Test-Path $path) { (Get-Content -Raw $path) -replace "`r" } else { '' }
    $synopsis = Get-Section $page 'SYNOPSIS'
    if (-not $synopsis) {
        $synopsis = $texts["T:$($command.ImplementingType.FullName)"] -replace '^[^:]*: ', ''
        $synopsis = $synopsis.Substring(0, 1).ToUpperInvariant() + $synopsis.Substring(1)
    }
    $description = (Get-Section $page 'DESCRIPTION') ?? $synopsis
    $examples = (Get-Section $page 'EXAMPLES') ?? "### Example 1: ...`n`n``````powershell`n$($command.Name)`n```````n`n..."
    $outputs = (Get-Section $page 'OUTPUTS') ?? (($command.OutputType | ForEach-Object { "### $($_.Name)" }) -join "`n`n")
    $text = @(
        "---`ndocument type: cmdlet`nexternal help file: HafsModels.PowerShell.dll-Help.xml`nLocale: en-US`nModule Name: HafsModels`nPlatyPS schema version: 2024-05-01`ntitle: $($command.Name)`n---`n"
        "# $($command.Name)`n`n## SYNOPSIS`n`n$synopsis`n`n## SYNTAX`n"
        Get-Syntax $command
        "## DESCRIPTION`n`n$description`n`n## EXAMPLES`n`n$examples`n`n## PARAMETERS`n"
        Get-Parameters $command
        "## OUTPUTS`n`n$outputs"
    ) -join "`n"
    [IO.File]::WriteAllText($path, $text + "`n")
    [pscustomobject]@{ Command = $command; Synopsis = $synopsis; Description = $description; Examples = $examples; Outputs = $outputs }
}

function Write-Parameter($writer, $command, $use) {
    $parameter = $command.Parameters[$use.Name]
    $wildcards = [bool]($parameter.Attributes | Where-Object { $_ -is [Management.Automation.SupportsWildcardsAttribute] })
    $ways = @(if ($use.ValueFromPipeline) { 'ByValue' }; if ($use.ValueFromPipelineByPropertyName) { 'ByPropertyName' })
    $writer.WriteStartElement('command', 'parameter', $ns.command)
    $writer.WriteAttributeString('required', "$($use.IsMandatory)".ToLowerInvariant())
    $writer.WriteAttributeString('variableLength', 'false')
    $writer.WriteAttributeString('globbing', "$wildcards".ToLowerInvariant())
    $writer.WriteAttributeString('pipelineInput', $(if ($ways) { "True ($($ways -join ', '))" } else { 'False' }))
    $writer.WriteAttributeString('position', $(if ($use.Position -lt 0) { 'named' } else { "$($use.Position)" }))
    $writer.WriteAttributeString('aliases', $(if ($parameter.Aliases) { $parameter.Aliases -join ', ' } else { 'none' }))
    $writer.WriteElementString('maml', 'name', $ns.maml, $use.Name)
    Write-Paragraphs $writer 'maml' 'description' @(Get-Text $command $use.Name)
    $type = $parameter.ParameterType.Name
    if ($parameter.ParameterType -ne [switch]) {
        $writer.WriteStartElement('command', 'parameterValue', $ns.command)
        $writer.WriteAttributeString('required', 'true')
        $writer.WriteAttributeString('variableLength', 'false')
        $writer.WriteString($type)
        $writer.WriteEndElement()
    }
    $writer.WriteStartElement('dev', 'type', $ns.dev)
    $writer.WriteElementString('maml', 'name', $ns.maml, $type)
    $writer.WriteEndElement()
    $writer.WriteEndElement()
}

function Write-Paragraphs($writer, $prefix, $name, $paragraphs) {
    $writer.WriteStartElement($prefix, $name, $ns.$prefix)
    foreach ($paragraph in $paragraphs) { $writer.WriteElementString('maml', 'para', $ns.maml, $paragraph) }
    $writer.WriteEndElement()
}

function Write-Command($writer, $page) {
    $command = $page.Command
    $writer.WriteStartElement('command', 'command', $ns.command)
    foreach ($prefix in 'maml', 'command', 'dev') { $writer.WriteAttributeString('xmlns', $prefix, $null, $ns.$prefix) }
    $writer.WriteStartElement('command', 'details', $ns.command)
    $writer.WriteElementString('command', 'name', $ns.command, $command.Name)
    $writer.WriteElementString('command', 'verb', $ns.command, $command.Verb)
    $writer.WriteElementString('command', 'noun', $ns.command, $command.Noun)
    Write-Paragraphs $writer 'maml' 'description' @($page.Synopsis)
    $writer.WriteEndElement()
    Write-Paragraphs $writer 'maml' 'description' ($page.Description -split "\n\n")
    $writer.WriteStartElement('command', 'syntax', $ns.command)
    foreach ($set in $command.ParameterSets | Sort-Object { -not $_.IsDefault }, Name) {
        $writer.WriteStartElement('command', 'syntaxItem', $ns.command)
        $writer.WriteElementString('maml', 'name', $ns.maml, $command.Name)
        foreach ($use in $set.Parameters | Where-Object Name -NotIn $common | Sort-Object { if ($_.Position -lt 0) { 1000 } else { $_.Position } } -Stable) { Write-Parameter $writer $command $use }
        $writer.WriteEndElement()
    }
    $writer.WriteEndElement()
    $writer.WriteStartElement('command', 'parameters', $ns.command)
    foreach ($name in ($command.Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object -Culture '')) {
        Write-Parameter $writer $command ($command.ParameterSets.Parameters | Where-Object Name -EQ $name | Sort-Object { -not $_.IsMandatory } -Stable | Select-Object -First 1)
    }
    $writer.WriteEndElement()
    $writer.WriteStartElement('command', 'returnValues', $ns.command)
    foreach ($output in [regex]::Matches($page.Outputs, '(?m)^### (.+)$')) {
        $writer.WriteStartElement('command', 'returnValue', $ns.command)
        $writer.WriteStartElement('dev', 'type', $ns.dev)
        $writer.WriteElementString('maml', 'name', $ns.maml, $output.Groups[1].Value)
        $writer.WriteEndElement()
        $writer.WriteEndElement()
    }
    $writer.WriteEndElement()
    $writer.WriteStartElement('command', 'examples', $ns.command)
    foreach ($example in [regex]::Matches($page.Examples, '(?ms)^### (?<title>[^\n]+)\n\n```powershell\n(?<code>.*?)\n```\n*(?<text>.*?)(?=^### |\z)')) {
        $writer.WriteStartElement('command', 'example', $ns.command)
        $writer.WriteElementString('maml', 'title', $ns.maml, $example.Groups['title'].Value)
        $writer.WriteElementString('dev', 'code', $ns.dev, $example.Groups['code'].Value)
        Write-Paragraphs $writer 'dev' 'remarks' @($example.Groups['text'].Value.Trim())
        $writer.WriteEndElement()
    }
    $writer.WriteEndElement()
    $writer.WriteEndElement()
}

$pages = foreach ($command in Get-Command -Module HafsModels -CommandType Cmdlet | Sort-Object Name) { Update-Page $command (Join-Path $PSScriptRoot "$($command.Name).md") }
$settings = [Xml.XmlWriterSettings]@{ Indent = $true; NewLineChars = "`n"; Encoding = [Text.UTF8Encoding]::new($false) }
$writer = [Xml.XmlWriter]::Create((Join-Path $root 'src/HafsModels.PowerShell/en-US/HafsModels.PowerShell.dll-Help.xml'), $settings)
$writer.WriteStartElement('helpItems', 'http://msh')
$writer.WriteAttributeString('schema', 'maml')
foreach ($page in $pages) { Write-Command $writer $page }
$writer.WriteEndElement()
$writer.Dispose()
