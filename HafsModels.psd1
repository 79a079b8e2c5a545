@{
    RootModule           = 'out/HafsModels/bin/HafsModels.PowerShell.dll'
    ModuleVersion        = '0.1.0'
    GUID                 = '5d0f2f0e-6a3c-4f0b-9f0a-2c1d8e7b9a41'
    Author               = 'HafsModels contributors'
    CompanyName          = 'HafsModels'
    Copyright            = 'Copyright (c) HafsModels contributors. MIT licence.'
    Description          = 'Register, convert, quantize, deploy and prove language models. No Python.'
    PowerShellVersion    = '7.6'
    CompatiblePSEditions = @('Core')
    FormatsToProcess     = @('out/HafsModels/HafsModels.Format.ps1xml')
    CmdletsToExport      = @(
        'Backup-ModelRegistry'
        'Compare-Model'
        'Compare-ModelDeployment'
        'ConvertTo-Gguf'
        'ConvertTo-GgufAdapter'
        'ConvertTo-Onnx'
        'Copy-ModelRegistry'
        'Export-Model'
        'Get-GgufInfo'
        'Get-Model'
        'Get-ModelLineage'
        'Get-ModelQuantization'
        'Get-ModelRegistryBackup'
        'Measure-Model'
        'Measure-ModelImportance'
        'Measure-ModelQuantization'
        'Merge-Gguf'
        'Merge-ModelAdapter'
        'Publish-Model'
        'Receive-Model'
        'Register-Model'
        'Repair-ModelRegistry'
        'Resolve-ModelPath'
        'Restore-ModelRegistry'
        'Set-GgufMetadata'
        'Send-Model'
        'Set-Model'
        'Split-Gguf'
        'Test-Model'
        'Test-ModelDeployment'
        'Test-ModelExport'
        'Unpublish-Model'
        'Unregister-Model'
    )
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('LLM', 'GGUF', 'quantization', 'llama', 'safetensors', 'Ollama', 'MLOps')
            LicenseUri = 'https://opensource.org/license/mit'
        }
    }
}
