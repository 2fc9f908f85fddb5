#!/usr/bin/env node
/** The executable: subcommand to process or question. */
console.log('kubewhy');
