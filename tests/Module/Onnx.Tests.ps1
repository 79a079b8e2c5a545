BeforeDiscovery { Import-Module "$PSScriptRoot/TestModule.psm1" -Force }
BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'ConvertTo-Onnx' {
    BeforeAll {
        $test = New-TestRegistry 'kjv-llama'
        $null = Register-Model $test.Model -Registry $test.Registry
    }
    AfterAll { Remove-Item -Recurse -Force $test.Folder }

    It 'says what it would write, and writes nothing' {
        ConvertTo-Onnx kjv-llama q4, fp32 -Registry $test.Registry -WhatIf
        Get-ChildItem $test.Model -Directory | Should -BeNullOrEmpty
    }

    It 'writes a folder that Transformers.js loads, and records an artifact for each type' {
        $artifacts = Get-Model kjv-llama -Registry $test.Registry | ConvertTo-Onnx -DataType q4, q4f16 -WarningAction SilentlyContinue
        $artifacts.Quantization | Should -Be 'q4', 'q4f16'
        $artifacts | ForEach-Object { $_.Path | Should -Exist; "$($_.Path)_data" | Should -Exist }
        $artifacts[0].Sha256 | Should -Be (Get-FileHash $artifacts[0].Path).Hash.ToLowerInvariant()
        $artifacts[0].SizeBytes | Should -Be (Get-Item "$($artifacts[0].Path)*" | Measure-Object Length -Sum).Sum
        $folder = Split-Path (Split-Path $artifacts[0].Path)
        $config = Get-Content -Raw "$folder/config.json" | ConvertFrom-Json
        $config.'transformers.js_config'.use_external_data_format.'model_q4f16.onnx' | Should -Be 1
        'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'README.md' | ForEach-Object { "$folder/$_" | Should -Exist }
        (Get-Model kjv-llama -Registry $test.Registry).Artifacts.Format | Should -Be 'onnx', 'onnx'
    }

    It 'has run it beside its source' -Skip:(Test-PeerMissing HAFS_ONNXRUNTIME) {
        (Get-Model kjv-llama -Registry $test.Registry).Artifacts[0].Fidelity.Top1Agreement | Should -BeGreaterThan 0.6
    }

    It 'refuses to replace, unless forced, and names an unknown type' {
        { ConvertTo-Onnx kjv-llama q4 -Registry $test.Registry -ErrorAction Stop } | Should -Throw '*exists already*'
        (ConvertTo-Onnx kjv-llama q4 -Registry $test.Registry -Force -SkipVerification).Quantization | Should -Be 'q4'
        { ConvertTo-Onnx kjv-llama q5 -Registry $test.Registry -ErrorAction Stop } | Should -Throw '*there are fp32, fp16*'
    }

    It 'refuses what a named backend cannot run, before anything is written' {
        { ConvertTo-Onnx kjv-llama bnb4 -Backend WebGpu -Registry $test.Registry -ErrorAction Stop } | Should -Throw '*bnb4 is not computed on WebGPU*'
        ConvertTo-Onnx kjv-llama bnb4 -Registry $test.Registry -WhatIf -WarningVariable warned -WarningAction SilentlyContinue
        "$warned" | Should -BeLike '*bnb4 is not computed on WebGPU*'
    }

    It 'writes a folder for onnxruntime-genai' {
        $artifact = ConvertTo-Onnx -Path $test.Model -DataType fp32 -Layout GenAi -OutputPath "$($test.Folder)/genai" -SkipVerification
        $artifact.Path | Should -Be (Join-Path $test.Folder 'genai' 'model.onnx')
        $genai = Get-Content -Raw "$($test.Folder)/genai/genai_config.json" | ConvertFrom-Json
        $genai.model.decoder.num_hidden_layers | Should -Be (Get-Content -Raw "$($test.Model)/config.json" | ConvertFrom-Json).num_hidden_layers
    }

    It 'is a format of Export-Model, which Test-ModelExport looks into' -Skip:(Test-PeerMissing HAFS_ONNXRUNTIME) {
        $result = Export-Model kjv-llama -Format Onnx -OnnxDataType q4 -Registry $test.Registry -OutputPath "$($test.Folder)/exports"
        $result.Success | Should -BeTrue
        $tested = $result | Test-ModelExport
        $tested.Passed | Should -BeTrue -Because $tested.Problem
    }

    It 'runs in a browser' -Skip:(Test-PeerMissing HAFS_ONNXRUNTIME, HAFS_BROWSER, HAFS_NODE_PEERS) {
        $env:HAFS_TRANSFORMERS_JS = "$env:HAFS_NODE_PEERS/node_modules/@huggingface/transformers"
        $tested = Test-ModelExport "$($test.Folder)/exports/kjv-llama/onnx" -Browser -ScreenshotPath "$($test.Folder)/page.png"
        $tested.Passed | Should -BeTrue -Because $tested.Problem
        $tested.Browser.Text | Should -Not -BeNullOrEmpty
        $tested.Browser.TokensPerSecond | Should -BeGreaterThan 0
        "$($test.Folder)/page.png" | Should -Exist
    }

    It 'completes types' {
        (TabExpansion2 'ConvertTo-Onnx x -DataType q4').CompletionMatches.CompletionText | Should -Contain 'q4f16'
    }
}
