BeforeDiscovery { Import-Module "$PSScriptRoot/TestModule.psm1" -Force }
BeforeAll {
    Import-Module "$PSScriptRoot/TestModule.psm1" -Force
    Import-TestedModule
}

Describe 'A deployment on llama-server' -Skip:(Test-PeerMissing HAFS_LLAMA_BIN) {
    BeforeAll {
        $test = New-TestRegistry 'kjv-qwen2'
        $null = Register-Model $test.Model -Registry $test.Registry
        $artifact = ConvertTo-Gguf $test.Id -Quantization Q8_0 -Registry $test.Registry -SkipVerification
    }
    AfterAll {
        Unpublish-Model $test.Id -Registry $test.Registry -Force -ErrorAction SilentlyContinue
        Remove-Item -Recurse -Force $test.Folder
    }

    It 'outlives the shell that published it' {
        $script = "Import-Module '$(Get-RepositoryRoot)/HafsModels.psd1'; Publish-Model $($test.Id) -Backend LlamaCpp -Registry '$($test.Registry)' -Program '$env:HAFS_LLAMA_BIN' -ContextLength 512 -ServerArgument '-t', '1', '-np', '1' | Select-Object -ExpandProperty Endpoint"
        $endpoint = pwsh -NoProfile -NonInteractive -c $script
        $endpoint | Should -Match '^http://127\.0\.0\.1:\d+/$'
        (Invoke-RestMethod "${endpoint}health").status | Should -Be 'ok'
    }

    It 'is proven from another shell, by objects of the pipeline' {
        $result = Get-Model $test.Id -Registry $test.Registry | Select-Object -ExpandProperty Deployments | Test-ModelDeployment -JUnitPath "$($test.Folder)/out.xml"
        $result.Passed | Should -BeTrue -Because $result.Message
        $result.TokenAgreement | Should -BeGreaterThan 0.95
        $result.TemplateMatches | Should -BeTrue
        ([xml](Get-Content "$($test.Folder)/out.xml")).testsuites.testsuite.failures | Should -Be 0
    }

    It 'fails a test whose expectations are not met' {
        Set-Content "$($test.Folder)/prompts.jsonl" '{"name": "psalm", "prompt": "The LORD is my shepherd", "pattern": "^no such answer$"}'
        $result = Test-ModelDeployment $test.Id -Registry $test.Registry -PromptFile "$($test.Folder)/prompts.jsonl"
        $result.Passed | Should -BeFalse
        ($result.Checks | Where-Object Passed -eq $false).Name | Should -Be 'answer to "psalm"'
    }

    It 'is compared with the same file in this process, and the file with its source' {
        $null = Publish-Model $test.Id -Backend Embedded -Registry $test.Registry
        $comparison = Compare-ModelDeployment $test.Id $test.Id -ReferenceBackend Embedded -DifferenceBackend LlamaCpp -Prompt 'In the beginning' -Raw -MaxTokens 4 -Registry $test.Registry -Report "$($test.Folder)/ab.html"
        $comparison.SameAnswers | Should -Be 1
        "$($test.Folder)/ab.html" | Should -FileContentMatch '<svg'
        $rows = Get-Model $test.Id -Registry $test.Registry | Measure-Model -MaxTokens 64
        $rows.Quantization | Should -Be 'source', 'Q8_0'
        $rows[1].MeanKlDivergence | Should -BeLessThan 0.01
        (Unpublish-Model $test.Id -Backend Embedded -Registry $test.Registry).Message | Should -Match 'nothing was to stop'
    }

    It 'ends only when told to in earnest' {
        Unpublish-Model $test.Id -Registry $test.Registry -WhatIf
        (Get-Model $test.Id -Registry $test.Registry).Deployments.Count | Should -Be 1
        (Unpublish-Model $test.Id -Registry $test.Registry).Message | Should -Match 'was stopped'
        (Get-Model $test.Id -Registry $test.Registry).Deployments.Count | Should -Be 0
        Unpublish-Model $test.Id -Registry $test.Registry -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -Match '^DeploymentNotFound'
    }
}

Describe 'A backend that is not there' {
    It 'is an error that names it, and nothing is recorded' {
        $test = New-TestRegistry 'kjv-qwen2'
        $null = Register-Model $test.Model -Registry $test.Registry
        $null = ConvertTo-Gguf $test.Id -Quantization Q8_0 -Registry $test.Registry -SkipVerification
        Publish-Model $test.Id -Backend OpenAI -Endpoint http://127.0.0.1:9 -Registry $test.Registry -ErrorVariable errors -ErrorAction SilentlyContinue
        $errors[0].FullyQualifiedErrorId | Should -Match '^BackendUnreachable'
        (Get-Model $test.Id -Registry $test.Registry).Deployments.Count | Should -Be 0
        Remove-Item -Recurse -Force $test.Folder
    }
}
