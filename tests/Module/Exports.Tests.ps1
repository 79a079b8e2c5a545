# Exports in a real PowerShell, against the packaged module.

BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'Exports' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        $env:HAFS_REGISTRY = $test.Registry
        Register-Model $test.Model | Out-Null
        $out = "$($test.Folder)/out"
    }
    AfterAll {
        $env:HAFS_REGISTRY = $null
        Remove-Item -Recurse -Force $test.Folder
    }

    It 'say under -WhatIf what would be written, to the byte, and write nothing' {
        $text = pwsh -NoProfile -c "Import-Module '$(Get-RepositoryRoot)/HafsModels.psd1'; Export-Model kjv-llama -Format Gguf, LMStudio -Quantization Q8_0 -OutputPath '$out' -WhatIf" | Out-String
        Test-Path $out | Should -BeFalse
        $results = Export-Model kjv-llama -Format Gguf, LMStudio -Quantization Q8_0 -OutputPath $out
        foreach ($result in $results) {
            $text | Should -Match ([regex]::Escape("Export kjv-llama to $($result.Format): $($result.SizeBytes.ToString('N0', [cultureinfo]::InvariantCulture)) bytes to $($result.OutputPath)"))
        }
    }

    It 'go through the pipeline, in every format, and are recorded' {
        $tests = Get-Model kjv-llama | Export-Model -Format HuggingFace, Ollama, Gguf, LMStudio -Quantization Q8_0 -OutputPath $out | Test-ModelExport
        $tests.Format | Should -Be 'HuggingFace', 'Ollama', 'Gguf', 'LMStudio'
        $tests.Passed | Should -Not -Contain $false
        $tests[1].SampleOutput | Should -Not -BeNullOrEmpty
        (Get-Model kjv-llama).Artifacts.Count | Should -Be 4
        Get-ChildItem "$out/kjv-llama/lmstudio/local/kjv-llama-GGUF" | ForEach-Object Name | Should -Be 'kjv-llama-Q8_0.gguf'
    }

    It 'are not written again when nothing has changed' {
        $result = Export-Model kjv-llama -Format Gguf -Quantization Q8_0 -OutputPath $out
        $result.Success | Should -BeTrue
        $result.Skipped | Should -BeTrue
        ($result.ToJson() | ConvertFrom-Json).output_path | Should -Be $result.OutputPath
    }

    It 'are looked into, and what is missing is named' {
        Remove-Item "$out/kjv-llama/ollama/Modelfile"
        $found = Get-Item "$out/kjv-llama/ollama" | Test-ModelExport
        $found.Passed | Should -BeFalse
        $found.MissingRequiredFiles | Should -Be 'Modelfile'
        Test-ModelExport "$out/kjv-llama/ollama" -Quiet | Should -BeFalse
        Test-ModelExport "$out/kjv-llama/gguf" -Quiet | Should -BeTrue
    }

    It 'merge an adapter and take settings for Ollama' {
        $result = Export-Model -Path $test.Model -Format Ollama -MergeAdapter "$(Get-RepositoryRoot)/tests/models/kjv-llama-lora" -Parameter @{ temperature = 0.5 } -System 'Sing.' -OutputPath "$($test.Folder)/merged"
        $result.Success | Should -BeTrue -Because $result.Message
        Get-Content -Raw "$($result.OutputPath)/Modelfile" | Should -Match '(?s)SYSTEM """Sing\."""\n.*PARAMETER temperature 0\.5\n'
    }

    It 'complete their formats and quantizations' {
        (TabExpansion2 'Export-Model x -Format oll').CompletionMatches.CompletionText | Should -Be 'Ollama'
        (TabExpansion2 'Export-Model x -Format Ollama -Quantization Q8').CompletionMatches.CompletionText | Should -Contain 'Q8_0'
    }

    It 'fail per item, with a stable id' {
        'nobody', 'kjv-llama' | Export-Model -Format Gguf -Quantization Q8_0 -OutputPath $out -ErrorAction SilentlyContinue -ErrorVariable problem | ForEach-Object Model | Should -Be 'kjv-llama'
        $problem[0].CategoryInfo.Category | Should -Be 'ObjectNotFound'
        { Export-Model kjv-llama -Format Zip -ErrorAction Stop } | Should -Throw -ErrorId 'ExportFormatUnknown*'
    }
}
